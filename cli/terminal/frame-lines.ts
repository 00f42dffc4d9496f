import colors from 'picocolors';
import { formatDuration, printable } from './format.js';
import { stoppingText } from './log-line.js';
import { doneIterations, elapsedMs, remainingMs, type RunState } from './run-state.js';
import { displayWidth, wrapWords } from './width.js';

/** How far the run is and how long it still takes, always; name, time so far, device and folder where they fit. */
export function header(state: RunState, time: number, columns: number): string[] {
  const { name, iterations, device, runDir, stage } = state;
  // A run that continues is not at its beginning, even while that is all that is known.
  const isKnown = stage === 'training' || doneIterations(state) > 0;
  const done = isKnown ? `iteration ${colors.bold(`${doneIterations(state)}/${iterations}`)}` : stage;
  const left = remainingMs(state) ?? 0;
  const estimate = left === 0 ? '' : `, about ${formatDuration(left)} left`;
  const main = [colors.bold(printable(name)), done, `${formatDuration(elapsedMs(state, time))}${estimate}`];
  const more = [device, runDir].flatMap((text) => (text === undefined ? [] : [printable(text)]));
  const essential = left === 0 ? [done] : [done, `${formatDuration(left)} left`];
  // From the most that could be shown to the least that must be.
  const forms = [
    ...[2, 1, 0].map((count) => [...main, ...more.slice(0, count).map((text) => colors.dim(text))]),
    main.slice(1),
    essential,
  ];
  const lines = forms.map((parts) => ` ${parts.join('  ')}`);
  const fitting = lines.find((line) => displayWidth(line) <= columns);
  return fitting === undefined ? essential.map((part) => ` ${part}`) : [fitting];
}

/** From the longest to the shortest; the way out is in each. */
const keyLines = [
  ' s samples   ? help   q finish the step, save, stop',
  ' q stop   ? help   s samples',
  ' q stop   ? help',
];
const stoppingLines = [` ${stoppingText}`, ' Saving; Ctrl-C again stops at once', ' Ctrl-C: stop now'];

/** The keys, or what happens after the run was asked to stop: the longest line that fits. */
export function footer({ stopping }: RunState, columns: number): string {
  const lines = stopping ? stoppingLines : keyLines;
  const line = lines.find((text) => displayWidth(text) <= columns) ?? lines.at(-1) ?? '';
  return stopping ? colors.yellow(line) : colors.dim(line);
}

/** The active warnings, with the text they had when they were raised. */
export function warnings({ metrics, warnings: texts }: RunState, columns: number): string[] {
  const active = metrics.at(-1)?.['warnings'];
  if (typeof active !== 'object' || active === null) return [];
  return Object.entries(active).flatMap(([rule, iterations]) => {
    const duration = iterations > 1 ? ` (for ${iterations} iterations)` : '';
    const lines = wrapWords(`${printable(texts.get(rule) ?? rule)}${duration}`, Math.max(1, columns - 3));
    return lines.map((line, i) => colors.yellow(` ${i === 0 ? '!' : ' '} ${line}`));
  });
}
