import colors from 'picocolors';
import { drawBar } from './bar.js';
import { formatDuration, printable } from './format.js';
import { remainingMs, series, type RunState } from './run-state.js';
import { sparkline } from './sparkline.js';
import { fitWidth } from './width.js';

export type Panel = 'none' | 'samples' | 'help';

export interface FrameOptions {
  readonly columns: number;
  readonly time: number;
  readonly panel: Panel;
}

/** Below this width every curve has a line of its own. */
const narrow = 70;
const curveWidth = 20;

/** The live view as lines: header, curves, running phases, warnings, what a key has opened. Pure. */
export function runFrame(state: RunState, { columns, time, panel }: FrameOptions): string[] {
  return [
    colors.dim('─'.repeat(Math.max(1, columns - 1))),
    header(state, time),
    ...curves(state, columns),
    ...[...state.phases.values()].map((phase) => ` ${drawBar(phase, time, columns - 2)}`),
    ...warnings(state),
    ...(panel === 'samples' ? samples(state, columns) : panel === 'help' ? help : []),
    state.stopping
      ? colors.yellow(' Finishing the step and saving; press Ctrl-C again to end at once.')
      : colors.dim(` s samples   ? help   q finish the step, save, stop`),
  ].map((line) => fitWidth(line, Math.max(1, columns - 1)));
}

function header(state: RunState, time: number): string {
  const done = Number(state.metrics.at(-1)?.['iteration'] ?? 0);
  const left = remainingMs(state);
  const clock = `${formatDuration(time - state.started)}${left === undefined || left === 0 ? '' : `, about ${formatDuration(left)} left`}`;
  return [
    colors.bold(state.preset),
    `iteration ${colors.bold(`${done}/${state.iterations}`)}`,
    clock,
    ...(state.device === undefined ? [] : [printable(state.device)]),
    ...(state.runDir === undefined ? [] : [colors.dim(printable(state.runDir))]),
  ]
    .join('  ')
    .replace(/^/, ' ');
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
  const drawn = all.flatMap(({ label, path, digits }) => {
    const values = series(metrics, path).filter((value) => value !== null);
    const last = values.at(-1);
    return last === undefined
      ? []
      : [
          ` ${label.padEnd(10).slice(0, 10)} ${colors.cyan(sparkline(values, curveWidth).padEnd(curveWidth))} ${colors.bold(last.toFixed(digits).padEnd(8))}`,
        ];
  });
  if (columns < narrow) return drawn;
  return Array.from({ length: Math.ceil(drawn.length / 2) }, (_, row) => drawn.slice(2 * row, 2 * row + 2).join('  '));
}

/** The warnings that hold now, as they were said when they were raised. */
function warnings({ metrics, warnings: texts }: RunState): string[] {
  const active = metrics.at(-1)?.['warnings'];
  if (typeof active !== 'object' || active === null) return [];
  return Object.entries(active).map(([rule, iterations]) =>
    colors.yellow(` ! ${printable(texts.get(rule) ?? rule)}${iterations > 1 ? ` (for ${iterations} iterations)` : ''}`),
  );
}

const shownLines = 4;

function samples({ samples: latest }: RunState, columns: number): string[] {
  if (!latest) return [colors.dim(' No responses yet.')];
  return [
    colors.dim(` Responses of iteration ${latest.iteration}`),
    ...latest.answers.flatMap(({ problem, answer, response, verdict }) => [
      ` ${colors.bold(oneLine(problem))} ${colors.dim(`(answer ${oneLine(answer)})`)}: ${verdict === 'correct' ? colors.green(verdict) : colors.red(verdict)}`,
      ...wrapped(printable(response.trim()), Math.max(8, columns - 5), shownLines).map((line) => `   ${line}`),
    ]),
  ];
}

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
  ' q        finishes the step, saves everything, and ends; so does Ctrl-C. The run can be resumed',
  ' Ctrl-C   a second time: ends at once; what the last checkpoint holds stays',
  ' Curves go from their lowest value to their highest; all numbers are in metrics.jsonl of the run folder.',
].map((line) => colors.dim(line));
