import type { Metrics } from '../../core/contracts/metric-sink.js';
import type { RolloutLine } from '../../core/rollouts/rollout-line.js';
import type { RunSummary } from '../../core/train/loop/run.js';
import type { PlainError } from '../run/messages.js';
import {
  isInterrupted,
  type Gpu,
  type NoGpu,
  type PlannedRun,
  type PresetOption,
  type Presets,
  type TrainingEvent,
} from './messages.js';

/** A part of the run in progress. `started` is milliseconds on the page's clock, without pauses. */
export interface Phase {
  readonly id: number;
  readonly name: string;
  readonly total: number;
  readonly unit: string;
  readonly done: number;
  readonly started: number;
}

/** Some rollouts of an iteration, or of an evaluation on the named set. */
export interface ShownRollouts {
  readonly iteration: number;
  readonly set?: string;
  readonly rollouts: readonly RolloutLine[];
}

export interface LogLine {
  readonly level: 'info' | 'warn';
  readonly message: string;
}

/** `pausing` lasts until the worker pauses, `stopping` until the iteration is complete. */
export type RunState =
  'starting' | 'idle' | 'running' | 'pausing' | 'paused' | 'stopping' | 'finished' | 'stopped' | 'failed';

/** Everything the page knows. Immutable: each event makes a new one. */
export interface RunView {
  readonly state: RunState;
  readonly presets: readonly PresetOption[];
  readonly ablations: readonly PresetOption[];
  /** Absent until the worker has looked. */
  readonly gpu?: Gpu | NoGpu;
  /** The configuration checked last, with its plan. */
  readonly planned?: PlannedRun;
  /** Why the last request of the visitor was rejected. */
  readonly rejection?: PlainError;
  readonly phases: readonly Phase[];
  readonly log: readonly LogLine[];
  /** The evaluation before training, as metrics of iteration 0. */
  readonly before?: Metrics;
  readonly metrics: readonly Metrics[];
  /** The first and the latest {@link maxBatches}; the files of the run have all of them. */
  readonly batches: readonly ShownRollouts[];
  readonly summary?: RunSummary;
  readonly error?: PlainError;
  /** Whether there are results newer than the last download. */
  readonly isUnsaved: boolean;
  /** When the current pause began, on the page's clock. */
  readonly pausedAt?: number;
  /** The total length of the pauses before it. */
  readonly pausedMs: number;
}

export const initialView: RunView = {
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

/** What the worker answered, what happened in the run, or what the visitor did. */
export type PageEvent =
  | ({ readonly kind: 'ready'; readonly gpu: Gpu | NoGpu } & Presets)
  | { readonly kind: 'checked'; readonly planned: PlannedRun }
  | { readonly kind: 'rejected'; readonly error: PlainError }
  | { readonly kind: 'downloaded' }
  | { readonly kind: 'start' | 'pause' | 'stop' }
  | TrainingEvent
  | { readonly kind: 'finished'; readonly summary: RunSummary }
  | { readonly kind: 'failed'; readonly error: PlainError };

/** The view after an event at `now`, milliseconds on the page's clock. A pure function. */
export function applyEvent(view: RunView, event: PageEvent, now: number): RunView {
  switch (event.kind) {
    case 'ready':
      return { ...view, state: 'idle', presets: event.presets, ablations: event.ablations, gpu: event.gpu };
    case 'checked':
      return { ...withoutRejection(view), planned: event.planned };
    case 'rejected':
      return { ...view, rejection: event.error };
    case 'downloaded':
      return { ...withoutRejection(view), isUnsaved: false };
    case 'start':
      return { ...view, state: 'running' };
    case 'pause':
      return { ...view, state: 'pausing' };
    case 'paused':
      return event.paused ? paused(view, now) : resumed(view, now);
    case 'stop':
      return { ...view, state: 'stopping' };
    case 'started':
    case 'device':
    case 'samples':
      return view;
    case 'history':
      return withHistory(view, event.metrics);
    case 'phase-start':
    case 'phase-progress':
    case 'phase-end':
      return { ...view, phases: phasesAfter(view, event, now) };
    case 'log':
      return { ...view, log: [...view.log, { level: event.level, message: event.message }] };
    case 'before':
      return { ...view, before: event.metrics };
    case 'metrics':
      return { ...view, metrics: [...view.metrics, event.metrics], isUnsaved: true };
    case 'rollouts':
      return { ...view, batches: withBatch(view.batches, event), isUnsaved: true };
    case 'finished':
      return { ...view, state: 'finished', phases: [], summary: event.summary };
    case 'failed':
      if (isInterrupted(event.error)) return { ...view, state: 'stopped', phases: [] };
      return { ...view, state: 'failed', phases: [], error: event.error };
  }
}

type PhaseEvent = Extract<PageEvent, { kind: 'phase-start' | 'phase-progress' | 'phase-end' }>;

function phasesAfter(view: RunView, event: PhaseEvent, now: number): Phase[] {
  const { phases } = view;
  if (event.kind === 'phase-start') {
    const { id, name, total, unit } = event;
    return [...phases, { id, name, total, unit, done: 0, started: runTime(view, now) }];
  }
  if (event.kind === 'phase-end') return phases.filter(({ id }) => id !== event.id);
  return phases.map((phase) => (phase.id === event.id ? { ...phase, done: event.done } : phase));
}

/** The page's memory must not grow with the length of a run. */
export const maxBatches = 100;

/** Keeps the first batch, which shows the base model. */
function withBatch(batches: readonly ShownRollouts[], { iteration, set, rollouts }: ShownRollouts): ShownRollouts[] {
  const batch = { iteration, rollouts, ...(set !== undefined && { set }) };
  const [first, ...rest] = [...batches, batch];
  return [first, ...rest.slice(-maxBatches)];
}

/** What a run that continues has done already; its evaluation before training is iteration 0. */
const withHistory = (view: RunView, records: readonly Metrics[]): RunView => {
  const before = records.find(({ iteration }) => iteration === 0);
  return { ...view, ...(before && { before }), metrics: records.filter((record) => record !== before) };
};

const withoutRejection = ({ rejection: _, ...view }: RunView): RunView => view;

const paused = (view: RunView, now: number): RunView => ({
  ...view,
  state: view.state === 'stopping' ? 'stopping' : 'paused',
  pausedAt: now,
});

function resumed({ pausedAt, ...view }: RunView, now: number): RunView {
  return {
    ...view,
    state: view.state === 'stopping' ? 'stopping' : 'running',
    pausedMs: view.pausedMs + (pausedAt === undefined ? 0 : now - pausedAt),
  };
}

/** The page's clock without pauses. */
export const runTime = ({ pausedAt, pausedMs }: RunView, now: number): number => (pausedAt ?? now) - pausedMs;

/** Milliseconds until a phase ends if it continues at its pace; undefined until that can be estimated. */
export function timeLeft({ done, total, started }: Phase, time: number): number | undefined {
  const elapsed = time - started;
  if (done <= 0 || elapsed < 1000) return undefined;
  return (elapsed / done) * Math.max(0, total - done);
}

/** Total seconds of each phase of the iterations so far, in descending order. */
export function secondsByPhase(metrics: readonly Metrics[]): [phase: string, seconds: number][] {
  const sums = new Map<string, number>();
  for (const { seconds } of metrics) {
    if (typeof seconds !== 'object' || seconds === null) continue;
    for (const [phase, spent] of Object.entries(seconds))
      if (phase !== 'total') sums.set(phase, (sums.get(phase) ?? 0) + spent);
  }
  return [...sums].sort((a, b) => b[1] - a[1]);
}

/** The device that computes, as the page shows it; a setting typed in may override what was chosen in the form. */
export const deviceName = ({ planned: plan, gpu }: RunView): string =>
  plan?.config.backend.type === 'webgpu' && gpu && 'name' in gpu ? gpu.name : 'CPU, plain TypeScript';

/** Whether leaving the page would lose results. */
export const hasUnsavedWork = (view: RunView): boolean => isActive(view) || view.isUnsaved;

/** Whether a run is in progress, or paused. */
export const isActive = ({ state }: RunView): boolean =>
  state === 'running' || state === 'pausing' || state === 'paused' || state === 'stopping';
