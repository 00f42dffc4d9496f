import type { CallObserver } from '../../core/boundary/calls.js';
import type { DeviceInfo } from '../../core/contracts/backend.js';
import type { Metrics } from '../../core/contracts/metric-sink.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import type { SampleAnswer } from '../../core/contracts/loop.js';
import type { RunHistory, RunReport } from './messages.js';
import { createReportingEvents } from './report-events.js';

/** What a run reports to, and what stops it. */
export interface RunCallbacks {
  readonly events: RunEvents;
  /** Aborted when the user wants the run to finish its step, save and exit. */
  readonly signal: AbortSignal;
  /** The run folder is locked for this run, which `continues` or is new. */
  readonly onStarted: (runDir: string, continues: boolean) => void;
  /** What was done before, where a run continues; called before anything is trained. */
  readonly onHistory?: (history: RunHistory) => void;
  readonly onBaseEvaluation?: (metrics: Metrics) => void;
  readonly onMetrics: (metrics: Metrics) => void;
  readonly onDevice?: (device: DeviceInfo) => void;
  readonly onSamples?: (iteration: number, samples: readonly SampleAnswer[]) => void;
  /** Follows the calls into plugins. */
  readonly observer?: CallObserver;
}

/** Callbacks of a run that make a message of everything. */
export const reportingCallbacks = (send: (message: RunReport) => void, signal: AbortSignal): RunCallbacks => ({
  events: createReportingEvents(send),
  signal,
  onStarted: (runDir, continues) => {
    send({ kind: 'started', runDir, continues });
  },
  onHistory: (history) => {
    send({ kind: 'history', ...history });
  },
  onBaseEvaluation: (metrics) => {
    send({ kind: 'before', metrics });
  },
  onMetrics: (metrics) => {
    send({ kind: 'metrics', metrics });
  },
  onDevice: ({ backend, device }) => {
    send({ kind: 'device', device: `${backend} on ${device}` });
  },
  onSamples: (iteration, samples) => {
    send({ kind: 'samples', iteration, samples });
  },
});
