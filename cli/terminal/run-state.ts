import type { Metrics } from '../../core/contracts/metric-sink.js';
import type { SampleAnswer } from '../../core/contracts/loop.js';
import type { FromRun } from '../run/messages.js';
import type { Bar } from './bar.js';

/** Everything the live view shows of a run; only {@link applyMessage} changes it. */
export interface RunState {
  readonly preset: string;
  readonly iterations: number;
  /** When the view was opened, in milliseconds on the clock of the caller. */
  readonly started: number;
  runDir?: string;
  device?: string;
  readonly phases: Map<number, Bar>;
  /** One per iteration seen. */
  readonly metrics: Metrics[];
  samples: { readonly iteration: number; readonly answers: readonly SampleAnswer[] } | undefined;
  /** Text of each warning, by rule, as it was raised. */
  readonly warnings: Map<string, string>;
  stopping: boolean;
}

export const openState = (preset: string, iterations: number, started: number): RunState => ({
  preset,
  iterations,
  started,
  phases: new Map(),
  metrics: [],
  samples: undefined,
  warnings: new Map(),
  stopping: false,
});

/** Name of the phase that stands for the whole run: the header shows it. */
const wholeRun = 'iterations';

/** Applies what the run process reports at `time`. */
export function applyMessage(state: RunState, message: FromRun, time: number): void {
  if (message.kind === 'started') state.runDir = message.runDir;
  else if (message.kind === 'device') state.device = message.device;
  else if (message.kind === 'samples') state.samples = { iteration: message.iteration, answers: message.samples };
  else if (message.kind === 'metrics') state.metrics.push(message.metrics);
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
export function remainingMs({ metrics, iterations }: RunState): number | undefined {
  const last = metrics.at(-1);
  if (!last) return undefined;
  const seconds = series(metrics.slice(-recent), 'seconds.total').filter((value) => value !== null);
  const total = seconds.reduce((a, b) => a + b, 0);
  return (1000 * (iterations - Number(last['iteration'])) * total) / Math.max(1, seconds.length);
}
