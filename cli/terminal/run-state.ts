import type { Metrics } from '../../core/contracts/metric-sink.js';
import type { SampleAnswer } from '../../core/contracts/loop.js';
import type { FromRun, RunHistory } from '../run/messages.js';
import type { Bar } from './bar.js';

/** Everything the live view shows of a run; only {@link applyMessage} changes it. */
export interface RunState {
  /** The preset, or the name of the run folder where a run continues. */
  readonly name: string;
  readonly iterations: number;
  /** When the view was opened, in milliseconds on the clock of the caller. */
  readonly started: number;
  /** What was done before that, by earlier processes. */
  earlier: Pick<RunHistory, 'iteration' | 'seconds'>;
  /** `starting` until the run folder is known, then `resuming` until it is known what was done there before. */
  stage: 'starting' | 'resuming' | 'training';
  runDir?: string;
  device?: string;
  readonly phases: Map<number, Bar>;
  /** In order of iteration; the evaluation before training is iteration 0. */
  readonly metrics: Metrics[];
  samples: { readonly iteration: number; readonly answers: readonly SampleAnswer[] } | undefined;
  /** Text of each warning, by rule, as it was raised. */
  readonly warnings: Map<string, string>;
  stopping: boolean;
}

export const openState = (name: string, iterations: number, started: number): RunState => ({
  name,
  iterations,
  started,
  earlier: { iteration: 0, seconds: 0 },
  stage: 'starting',
  phases: new Map(),
  metrics: [],
  samples: undefined,
  warnings: new Map(),
  stopping: false,
});

/** Name of the phase that stands for the whole run: header and lines of iterations show it. */
export const wholeRun = 'iterations';

/** Applies what the run process reports at `time`. */
export function applyMessage(state: RunState, message: FromRun, time: number): void {
  if (message.kind === 'started') {
    state.runDir = message.runDir;
    state.stage = message.continues === true ? 'resuming' : 'training';
  } else if (message.kind === 'device') state.device = message.device;
  else if (message.kind === 'samples') state.samples = { iteration: message.iteration, answers: message.samples };
  else if (message.kind === 'metrics' || message.kind === 'before') state.metrics.push(message.metrics);
  else if (message.kind === 'history') continueFrom(state, message);
  else if (message.kind === 'phase-end') state.phases.delete(message.id);
  else if (message.kind === 'phase-start' && message.name !== wholeRun) {
    const { id, name, total, unit } = message;
    state.phases.set(id, { name, total, unit, started: time, done: 0 });
  } else if (message.kind === 'phase-progress') {
    const phase = state.phases.get(message.id);
    if (phase) phase.done = message.done;
  } else if (message.kind === 'log' && message.level === 'warn') {
    const rule = /^([a-z-]+): /.exec(message.message)?.[1];
    if (rule !== undefined) state.warnings.set(rule, message.message);
  }
}

function continueFrom(state: RunState, { iteration, seconds, metrics }: RunHistory): void {
  state.earlier = { iteration, seconds };
  state.stage = 'training';
  state.metrics.unshift(...metrics);
}

/** Iterations done, those of earlier processes included. */
export const doneIterations = ({ metrics, earlier }: RunState): number =>
  Math.max(earlier.iteration, Number(metrics.at(-1)?.['iteration'] ?? 0));

/** Milliseconds since the run began, without the time between two processes. */
export const elapsedMs = ({ started, earlier }: RunState, time: number): number =>
  1000 * earlier.seconds + time - started;

/** Values of a metric, or of a part of one (`name.part`), per iteration; null where it is absent. */
export function series(metrics: readonly Metrics[], path: string): (number | null)[] {
  const [name, part] = path.split('.', 2) as [string, string | undefined];
  return metrics.map((record) => {
    const value = record[name];
    const found = part !== undefined && typeof value === 'object' && value !== null ? value[part] : value;
    return typeof found === 'number' ? found : null;
  });
}

/** Number of iterations from which the remaining time is estimated: the latest, since responses may grow. */
const recent = 10;

/** Milliseconds until the run finishes at the pace of the last iterations; undefined before the first. */
export function remainingMs(state: RunState): number | undefined {
  const { metrics, iterations } = state;
  const seconds = series(metrics.slice(-recent), 'seconds.total').filter((value) => value !== null);
  if (seconds.length === 0) return undefined;
  const total = seconds.reduce((a, b) => a + b, 0);
  return (1000 * (iterations - doneIterations(state)) * total) / seconds.length;
}
