import type { DeviceInfo } from '../../core/contracts/backend.js';
import type { Metrics } from '../../core/contracts/metric-sink.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import { isOrzError } from '../../core/errors.js';
import type { SampleAnswer } from '../../core/contracts/loop.js';
import type { RunSummary } from '../../core/train/loop/run.js';
import { exitCodeOf, exitCodes } from '../report-error.js';
import { outOfMemory, stoppedBeforeTraining } from './errors.js';
import { packError, type FromRun, type RunRequest, type StopSignal, type ToRun } from './messages.js';
import { createReportingEvents } from './report-events.js';

/** What a run reports to, and what stops it. */
export interface RunCallbacks {
  readonly events: RunEvents;
  /** Aborted when the user wants the run to finish its step, save and exit. */
  readonly signal: AbortSignal;
  /** The run folder is locked for this run. */
  readonly onStarted: (runDir: string) => void;
  readonly onMetrics: (metrics: Metrics) => void;
  readonly onDevice?: (device: DeviceInfo) => void;
  readonly onSamples?: (iteration: number, samples: readonly SampleAnswer[]) => void;
}

/** Milliseconds between two messages that only show that the process is alive. */
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
    else
      void outcome(execute(message.request, reportingCallbacks(controller.signal))).then(([last, code]) => {
        send(last, () => process.exit(code));
      });
  });
  setInterval(() => {
    send({ kind: 'alive' });
  }, aliveMs).unref();
  send({ kind: 'ready' });
}

function send(message: FromRun, onSent?: () => void): void {
  if (process.connected) process.send?.(message, onSent);
}

const reportingCallbacks = (signal: AbortSignal): RunCallbacks => ({
  events: createReportingEvents(send),
  signal,
  onStarted: (runDir) => {
    send({ kind: 'started', runDir });
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
async function outcome(work: Promise<RunSummary>): Promise<[FromRun, number]> {
  try {
    return [{ kind: 'finished', summary: await work }, exitCodes.ok];
  } catch (caught) {
    const error = isAllocationFailure(caught) ? outOfMemory(caught) : caught;
    return [{ kind: 'failed', error: packError(error) }, exitCodeOf(error)];
  }
}

/** What V8 and the tensor libraries throw when an array cannot be allocated. */
const isAllocationFailure = (error: unknown): boolean =>
  error instanceof Error &&
  !isOrzError(error) &&
  /Array buffer allocation failed|bad_alloc|[Ff]ailed to allocate memory|out of memory/.test(error.message);
