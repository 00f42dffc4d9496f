import type { Metrics } from '../../core/contracts/metric-sink.js';
import type { RunSummary } from '../../core/train/loop/run.js';
import type { RolloutLine } from '../../core/rollouts/rollout-line.js';
import type { PlainError } from '../run/messages.js';
import { isInterrupted, type Choice, type FromWorker, type Gpu, type NoGpu, type Plan } from './messages.js';

/** A part of the run that is at work. Times are milliseconds of the page's clock, less what was paused. */
export interface Phase {
  readonly id: number;
  readonly name: string;
  readonly total: number;
  readonly unit: string;
  readonly done: number;
  readonly started: number;
}

/** Responses of an iteration, or of an evaluation of the set that is named. */
export interface SampleBatch {
  readonly iteration: number;
  readonly set?: string;
  readonly samples: readonly RolloutLine[];
}

export interface LogLine {
  readonly level: 'info' | 'warn';
  readonly message: string;
}

/** Where the run is. `pausing` until the worker holds, `stopping` until the iteration has ended. */
export type RunState =
  'starting' | 'idle' | 'running' | 'pausing' | 'paused' | 'stopping' | 'finished' | 'stopped' | 'failed';

/** Everything the page knows; replaced, never changed. */
export interface RunView {
  readonly state: RunState;
  readonly presets: readonly Choice[];
  readonly ablations: readonly Choice[];
  /** Unknown until the worker has looked. */
  readonly gpu?: Gpu | NoGpu;
  /** What was typed in last would need this. */
  readonly plan?: Plan;
  /** Why what the visitor asked for last cannot be done. */
  readonly mistake?: PlainError;
  readonly phases: readonly Phase[];
  readonly log: readonly LogLine[];
  readonly metrics: readonly Metrics[];
  /** The first, and the newest {@link mostBatches}; the files of the run hold all. */
  readonly batches: readonly SampleBatch[];
  readonly summary?: RunSummary;
  readonly error?: PlainError;
  /** Something came since the last download. */
  readonly isUnsaved: boolean;
  /** When the pause began, and how long the pauses before it took together. */
  readonly pausedAt?: number;
  readonly pausedMs: number;
}

export const firstView: RunView = {
  state: 'starting',
  presets: [],
  ablations: [],
  phases: [],
  log: [],
  metrics: [],
  batches: [],
  isUnsaved: false,
  pausedMs: 0,
};

/** What the visitor did, beside what the worker says. */
export type PageEvent =
  | FromWorker
  | { readonly kind: 'start' | 'pause' | 'stop' }
  /** The worker died: a script that did not load, or an error nobody caught. */
  | { readonly kind: 'died'; readonly error: PlainError };

/** The view after an event at `now`, milliseconds of the page's clock. Pure. */
export function advance(view: RunView, event: PageEvent, now: number): RunView {
  switch (event.kind) {
    case 'ready':
      return { ...view, state: 'idle', presets: event.presets, ablations: event.ablations, gpu: event.gpu };
    case 'checked':
      return { ...withoutMistake(view), plan: event.plan };
    case 'archive':
      return { ...withoutMistake(view), isUnsaved: false };
    case 'rejected':
      return { ...view, mistake: event.error };
    case 'start':
      return { ...view, state: 'running' };
    case 'pause':
      return { ...view, state: 'pausing' };
    case 'stop':
      return { ...view, state: 'stopping' };
    case 'paused':
      return event.paused
        ? { ...view, state: view.state === 'stopping' ? 'stopping' : 'paused', pausedAt: now }
        : resumed(view, now);
    case 'phase-start':
      return {
        ...view,
        phases: [
          ...view.phases,
          {
            id: event.id,
            name: event.name,
            total: event.total,
            unit: event.unit,
            done: 0,
            started: runTime(view, now),
          },
        ],
      };
    case 'phase-progress':
      return {
        ...view,
        phases: view.phases.map((phase) => (phase.id === event.id ? { ...phase, done: event.done } : phase)),
      };
    case 'phase-end':
      return { ...view, phases: view.phases.filter(({ id }) => id !== event.id) };
    case 'log':
      return { ...view, log: [...view.log, { level: event.level, message: event.message }] };
    case 'metrics':
      return { ...view, metrics: [...view.metrics, event.metrics], isUnsaved: true };
    case 'samples':
      return {
        ...view,
        batches: withBatch(view.batches, {
          iteration: event.iteration,
          samples: event.samples,
          ...(event.set !== undefined && { set: event.set }),
        }),
        isUnsaved: true,
      };
    case 'finished':
      return { ...view, state: 'finished', phases: [], summary: event.summary };
    case 'failed':
      return {
        ...view,
        state: isInterrupted(event.error) ? 'stopped' : 'failed',
        phases: [],
        ...(!isInterrupted(event.error) && { error: event.error }),
      };
    case 'died':
      return { ...view, state: 'failed', phases: [], error: event.error };
    case 'started':
      return view;
  }
}

/** Memory of the page must not grow with the length of a run. */
export const mostBatches = 100;

/** The first batch, which shows the base model, stays. */
function withBatch(batches: readonly SampleBatch[], batch: SampleBatch): SampleBatch[] {
  const [first, ...rest] = [...batches, batch];
  return [first, ...rest.slice(-mostBatches)];
}

const withoutMistake = ({ mistake: _, ...view }: RunView): RunView => view;

function resumed({ pausedAt, ...view }: RunView, now: number): RunView {
  return {
    ...view,
    state: view.state === 'stopping' ? 'stopping' : 'running',
    pausedMs: view.pausedMs + (pausedAt === undefined ? 0 : now - pausedAt),
  };
}

/** The page's clock without pauses. */
export const runTime = ({ pausedAt, pausedMs }: RunView, now: number): number => (pausedAt ?? now) - pausedMs;

/** Milliseconds until a phase ends if it goes on as before; undefined while that cannot be told. */
export function timeLeft({ done, total, started }: Phase, time: number): number | undefined {
  const elapsed = time - started;
  if (done <= 0 || elapsed < 1000) return undefined;
  return (elapsed / done) * Math.max(0, total - done);
}

/** Seconds of work in each phase of the iterations so far, the longest first. */
export function secondsByPhase(metrics: readonly Metrics[]): [phase: string, seconds: number][] {
  const sums = new Map<string, number>();
  for (const { seconds } of metrics) {
    if (typeof seconds !== 'object' || seconds === null) continue;
    for (const [phase, spent] of Object.entries(seconds))
      if (phase !== 'total') sums.set(phase, (sums.get(phase) ?? 0) + spent);
  }
  return [...sums].sort((a, b) => b[1] - a[1]);
}

/** What computes, as the page says it; settings typed in may have chosen otherwise than the list. */
export const deviceName = ({ plan, gpu }: RunView): string =>
  plan?.config.backend.type === 'webgpu' && gpu && 'name' in gpu ? gpu.name : 'CPU, plain TypeScript';

/** Whether leaving the page loses something. */
export const wouldLose = (view: RunView): boolean => isAtWork(view) || view.isUnsaved;

/** Whether a run has begun and has not ended. */
export const isAtWork = ({ state }: RunView): boolean =>
  state === 'running' || state === 'pausing' || state === 'paused' || state === 'stopping';
