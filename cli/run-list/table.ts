import colors from 'picocolors';
import { formatBytes } from '../../core/plan/units.js';
import { printable } from '../terminal/format.js';
import { displayWidth, fitWidth } from '../terminal/width.js';
import type { RunOverview } from './overview.js';

const columns = 80;
const header = ['run', 'state', 'done', 'held-out', 'disk', 'age'] as const;

/** One line per run, and below it the preset and the settings in which it differs; 80 columns at most. */
export function runLines(runs: readonly RunOverview[], now: number): string[] {
  const rows = runs.map((run) => [printable(run.name).replaceAll(/[\n\t]/g, '?'), ...figuresOf(run, now)]);
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => displayWidth(row[i] ?? ''))));
  const [nameWidth = 0, ...others] = widths;
  const room = columns - others.reduce((sum, width) => sum + width + 2, 0);
  const fitted = [Math.min(nameWidth, room), ...others];
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => padded(fitWidth(cell, fitted[i] ?? 0), fitted[i] ?? 0))
      .join('  ')
      .trimEnd();
  return [
    colors.dim(line(header)),
    ...runs.flatMap((run, i) => [line(rows[i] ?? []), ...detailsOf(run).map((text) => colors.dim(text))]),
  ];
}

const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - displayWidth(text)));

function figuresOf({ state, done, iterations, heldOut, bytes, started }: RunOverview, now: number): string[] {
  const rewards = heldOut === undefined ? '–' : `${heldOut.first.toFixed(3)} → ${heldOut.last.toFixed(3)}`;
  return [state, `${done}/${iterations ?? '?'}`, rewards, formatBytes(bytes), formatAge(now - started)];
}

function detailsOf({ preset, problem, differing }: RunOverview): string[] {
  const parts = [
    ...(preset === undefined ? [] : [preset]),
    ...(problem === undefined ? [] : [problem]),
    ...differing.map(([path, value]) => `${path} ${value}`),
  ];
  return parts.length === 0 ? [] : [fitWidth(`  ${printable(parts.join(', ')).replaceAll(/[\n\t]/g, '?')}`, columns)];
}

/** `40 s`, `12 min`, `5 h`, `3 d`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}
