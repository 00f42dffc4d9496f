import type { CallObserver } from '../../core/boundary/calls.js';
import type { DeviceInfo } from '../../core/contracts/backend.js';
import type { Metrics } from '../../core/contracts/metric-sink.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import { isOrzError } from '../../core/errors.js';
import type { SampleAnswer } from '../../core/contracts/loop.js';
import type { RunSummary } from '../../core/train/loop/run.js';
import { exitCodeOf, exitCodes } from '../report-error.js';
import { outOfMemory, stoppedBeforeTraining, thrownOutsideCalls } from './errors.js';
import { packError, type FromRun, type RunHistory, type RunRequest, type StopSignal, type ToRun } from './messages.js';
import { startCallMonitor } from './call-monitor.js';
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

/** Milliseconds between two messages that tell whether something got done. */
const aliveMs = 5_000;

/**
 * The run process: waits for the request, executes it, reports, exits. It ignores Ctrl-C, which the terminal sends to
 * every process, and does what the terminal process asks; when that one is gone it exits at once, because nobody could
 * stop it any more.
 */
export function handleRunRequests(
  execute: (request: RunRequest, callbacks: RunCallbacks) => Promise<RunSummary>,
): void {
  const controller = new AbortController();
  const monitor = startCallMonitor();
  // Whatever is waiting throws this reason, unless the loop knows better what was saved.
  const stop = (signal: StopSignal) => {
    controller.abort(stoppedBeforeTraining(signal));
  };
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  process.on('SIGTERM', () => {
    stop('SIGTERM');
  });
  process.on('disconnect', () => process.exit(exitCodes.failure));
  process.on('message', (message: ToRun) => {
    if (message.kind === 'stop') stop(message.signal);
    else {
      const callbacks = { ...reportingCallbacks(controller.signal), observer: monitor };
      void outcome(() => execute(message.request, callbacks), message.request).then(([last, code]) => {
        send(last, () => process.exit(code));
      });
    }
  });
  setInterval(() => {
    send({ kind: 'alive', progress: monitor.progressed });
  }, aliveMs).unref();
  send({ kind: 'ready' });
}

function send(message: FromRun, onSent?: () => void): void {
  if (process.connected) process.send?.(message, onSent);
}

const reportingCallbacks = (signal: AbortSignal): RunCallbacks => ({
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

/** The last message, and the exit code of the process. */
async function outcome(work: () => Promise<RunSummary>, request: RunRequest): Promise<[FromRun, number]> {
  try {
    return [{ kind: 'finished', summary: await Promise.race([work(), uncaught(request)]) }, exitCodes.ok];
  } catch (caught) {
    const error = isAllocationFailure(caught) ? outOfMemory(caught) : caught;
    return [{ kind: 'failed', error: packError(error) }, exitCodeOf(error)];
  }
}

/** Rejects with what somebody threw where nobody could catch it: in a timer, or in a promise that was dropped. */
const uncaught = ({ plugins }: RunRequest): Promise<never> =>
  new Promise((_, reject) => {
    process.on('uncaughtException', (error) => {
      reject(thrownOutsideCalls(error, plugins));
    });
  });

/** What V8 and the tensor libraries throw when an array cannot be allocated. */
const isAllocationFailure = (error: unknown): boolean =>
  error instanceof Error &&
  (!isOrzError(error) || error.code === 'ORZ_PLUGIN_FAILED') &&
  /Array buffer allocation failed|bad_alloc|[Ff]ailed to allocate memory|out of memory/.test(error.message);
