import colors from 'picocolors';
import { formatDuration, formatNumber } from './format.js';
import { displayWidth, fitWidth, padWidth } from './width.js';

/** The progress of a running phase. */
export interface Bar {
  readonly name: string;
  readonly total: number;
  readonly unit: string;
  /** Milliseconds on the clock of the caller. */
  readonly started: number;
  done: number;
  /** Shown beside the count. */
  note?: string | undefined;
}

const barWidth = 24;
const nameWidth = 24;

/** One phase as a line of text of at most `columns` columns: the longest of several forms that fits. */
export function drawBar(bar: Bar, time: number, columns: number): string {
  const share = bar.total > 0 ? Math.min(1, bar.done / bar.total) : 0;
  const elapsed = time - bar.started;
  const filled = Math.round(share * barWidth);
  const head = padWidth(bar.name, nameWidth);
  const note = bar.note === undefined ? '' : `, ${bar.note}`;
  const count = `${formatNumber(Math.floor(bar.done))}/${formatNumber(bar.total)} ${bar.unit}${note}`;
  const left = timeLeft(share, elapsed);
  const tail = `${count}  ${formatDuration(elapsed)}${left === '' ? '' : `, ${left}`}`;
  const percent = `${Math.floor(100 * share)}%`;
  const forms = [
    `${head} ${colors.cyan('━'.repeat(filled))}${colors.dim('━'.repeat(barWidth - filled))}  ${tail}`,
    `${bar.name} ${tail}`,
    `${bar.name} ${percent}${left === '' ? '' : `, ${left}`}`,
  ];
  const shortest = `${fitWidth(bar.name, Math.max(1, columns - percent.length - 1))} ${percent}`;
  return forms.find((form) => displayWidth(form) <= columns) ?? shortest;
}

/** The remaining time, once enough is done to estimate it. */
function timeLeft(share: number, elapsedMs: number): string {
  if (share <= 0.02 || share >= 1 || elapsedMs <= 2000) return '';
  return `${formatDuration((elapsedMs / share) * (1 - share))} left`;
}
