import colors from 'picocolors';
import type { Metrics } from '../../core/contracts/metric-sink.js';
import type { SampleAnswer } from '../../core/contracts/loop.js';
import { drawBar } from './bar.js';
import { formatDuration, printable } from './format.js';
import { stoppingText } from './log-line.js';
import { remainingMs, series, type RunState } from './run-state.js';
import { sparkline } from './sparkline.js';
import { fitWidth } from './width.js';

export type Panel = 'none' | 'samples' | 'help';

export interface FrameOptions {
  readonly columns: number;
  readonly time: number;
  readonly panel: Panel;
}

/** Below this many columns every curve has a line of its own. */
const narrow = 70;
const curveWidth = 20;

/** The live view as lines: header, curves, running phases, warnings, the panel that is open. A pure function. */
export function runFrame(state: RunState, { columns, time, panel }: FrameOptions): string[] {
  return [
    colors.dim('─'.repeat(Math.max(1, columns - 1))),
    header(state, time),
    ...curves(state, columns),
    ...[...state.phases.values()].map((phase) => ` ${drawBar(phase, time, columns - 2)}`),
    ...warnings(state),
    ...panelLines(panel, state, columns),
    footer(state),
  ].map((line) => fitWidth(line, Math.max(1, columns - 1)));
}

function panelLines(panel: Panel, state: RunState, columns: number): readonly string[] {
  if (panel === 'samples') return samples(state, columns);
  return panel === 'help' ? help : [];
}

function footer({ stopping }: RunState): string {
  return stopping
    ? colors.yellow(` ${stoppingText}`)
    : colors.dim(` s samples   ? help   q finish the step, save, stop`);
}

function header(state: RunState, time: number): string {
  const done = Number(state.metrics.at(-1)?.['iteration'] ?? 0);
  const left = remainingMs(state);
  const estimate = left === undefined || left === 0 ? '' : `, about ${formatDuration(left)} left`;
  const parts = [
    colors.bold(state.preset),
    `iteration ${colors.bold(`${done}/${state.iterations}`)}`,
    `${formatDuration(time - state.started)}${estimate}`,
    ...(state.device === undefined ? [] : [printable(state.device)]),
    ...(state.runDir === undefined ? [] : [colors.dim(printable(state.runDir))]),
  ];
  return ` ${parts.join('  ')}`;
}

interface Curve {
  readonly label: string;
  readonly path: string;
  readonly digits: number;
}

const standardCurves: readonly Curve[] = [
  { label: 'reward', path: 'reward', digits: 3 },
  { label: 'length', path: 'responseLength', digits: 1 },
  { label: 'entropy', path: 'entropy', digits: 3 },
  { label: 'expl. var.', path: 'explainedVariance', digits: 3 },
];

function curves({ metrics }: RunState, columns: number): string[] {
  if (metrics.length === 0) return [];
  const sets = [
    ...new Set(metrics.flatMap((record) => Object.keys(record).filter((name) => name.startsWith('evaluation/')))),
  ];
  const all = [
    ...standardCurves,
    ...sets.map((name): Curve => ({
      label: printable(name.slice('evaluation/'.length)),
      path: `${name}.reward`,
      digits: 3,
    })),
  ];
  const drawn = all.flatMap((curve) => drawCurve(curve, metrics));
  if (columns < narrow) return drawn;
  return Array.from({ length: Math.ceil(drawn.length / 2) }, (_, row) => drawn.slice(2 * row, 2 * row + 2).join('  '));
}

/** A curve with its latest value; no line while there is none. */
function drawCurve({ label, path, digits }: Curve, metrics: readonly Metrics[]): string[] {
  const values = series(metrics, path).filter((value) => value !== null);
  const last = values.at(-1);
  if (last === undefined) return [];
  const name = label.padEnd(10).slice(0, 10);
  const curve = colors.cyan(sparkline(values, curveWidth).padEnd(curveWidth));
  return [` ${name} ${curve} ${colors.bold(last.toFixed(digits).padEnd(8))}`];
}

/** The active warnings, with the text they had when they were raised. */
function warnings({ metrics, warnings: texts }: RunState): string[] {
  const active = metrics.at(-1)?.['warnings'];
  if (typeof active !== 'object' || active === null) return [];
  return Object.entries(active).map(([rule, iterations]) => {
    const duration = iterations > 1 ? ` (for ${iterations} iterations)` : '';
    return colors.yellow(` ! ${printable(texts.get(rule) ?? rule)}${duration}`);
  });
}

const shownLines = 4;

function samples({ samples: latest }: RunState, columns: number): string[] {
  if (!latest) return [colors.dim(' No responses yet.')];
  return [
    colors.dim(` Responses of iteration ${latest.iteration}`),
    ...latest.answers.flatMap((sample) => [sampleHead(sample), ...sampleResponse(sample, columns)]),
  ];
}

function sampleHead({ problem, answer, verdict }: SampleAnswer): string {
  const outcome = verdict === 'correct' ? colors.green(verdict) : colors.red(verdict);
  return ` ${colors.bold(oneLine(problem))} ${colors.dim(`(answer ${oneLine(answer)})`)}: ${outcome}`;
}

const sampleResponse = ({ response }: SampleAnswer, columns: number): string[] =>
  wrapped(printable(response.trim()), Math.max(8, columns - 5), shownLines).map((line) => `   ${line}`);

const oneLine = (text: string): string => printable(text).replace(/\s+/g, ' ').trim();

/** The last `limit` lines of a text at this width: a response ends with its answer. */
function wrapped(text: string, width: number, limit: number): string[] {
  const lines = text.split('\n').flatMap((line) => {
    const characters = Array.from(line.replace(/\t/g, ' '));
    return Array.from({ length: Math.max(1, Math.ceil(characters.length / width)) }, (_, i) =>
      characters.slice(i * width, (i + 1) * width).join(''),
    );
  });
  return lines.length <= limit ? lines : ['…', ...lines.slice(1 - limit)];
}

const help = [
  ' s        latest responses: shows or hides them',
  ' ?        this help: shows or hides it',
  ' q        finishes the step, saves everything, and stops; so does Ctrl-C. The run can be resumed',
  ' Ctrl-C   a second time: stops at once; the last checkpoint is kept',
  ' Each curve is scaled to its own range; all numbers are in metrics.jsonl of the run folder.',
].map((line) => colors.dim(line));
