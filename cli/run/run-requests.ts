import type { DeviceInfo } from '../../core/contracts/backend.js';
import type { Metrics } from '../../core/contracts/metric-sink.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import { OrzError, isOrzError } from '../../core/errors.js';
import { packError, type FromRun, type RunRequest, type StopSignal, type ToRun } from './messages.js';
import { createReportingEvents } from './report-events.js';
import type { SampleAnswer } from '../../core/contracts/loop.js';
import type { RunSummary } from '../../core/train/loop/run.js';

/** What a run gets from the process it runs in. */
export interface RunHost {
  readonly events: RunEvents;
  /** Aborted when the user wants the run to finish its step, save and end. */
  readonly signal: AbortSignal;
  /** The run folder is taken. */
  readonly onStarted: (runDir: string) => void;
  readonly onMetrics: (metrics: Metrics) => void;
  readonly onDevice?: (device: DeviceInfo) => void;
  readonly onSamples?: (iteration: number, samples: readonly SampleAnswer[]) => void;
}

/**
 * The run process: waits for the request, runs it, reports, ends. It ignores Ctrl-C, which the terminal sends to every process, and does what the terminal
 * process asks; when that one is gone it ends at once, because nobody could stop it any more.
 */
export function serveRun(execute: (request: RunRequest, host: RunHost) => Promise<RunSummary>): void {
  const controller = new AbortController();
  // Whatever is waiting throws this reason, unless the loop knows better what was saved.
  const stop = (signal: StopSignal) => {
    controller.abort(
      new OrzError('ORZ_INTERRUPTED', 'Stopped before training began', {
        value: signal,
        remedy: 'The same command, or orz-train --resume with the run folder, goes on.',
      }),
    );
  };
  const send = (message: FromRun) => {
    if (process.connected) process.send!(message);
  };
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  process.on('SIGTERM', () => {
    stop('SIGTERM');
  });
  process.on('disconnect', () => process.exit(1));
  process.on('message', (message: ToRun) => {
    if (message.kind === 'stop') stop(message.signal);
    else void run(message.request);
  });
  const run = async (request: RunRequest) => {
    const host: RunHost = {
      events: createReportingEvents(send),
      signal: controller.signal,
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
    };
    const [last, code] = await outcome(execute(request, host));
    process.send!(last, () => process.exit(code));
  };
  setInterval(() => {
    send({ kind: 'alive' });
  }, aliveMs).unref();
  send({ kind: 'ready' });
}

const aliveMs = 5_000;

async function outcome(work: Promise<RunSummary>): Promise<[FromRun, number]> {
  try {
    return [{ kind: 'finished', summary: await work }, 0];
  } catch (error) {
    return [{ kind: 'failed', error: packError(isAllocationFailure(error) ? outOfMemory(error) : error) }, 1];
  }
}

/** What V8 and the tensor libraries throw when an array cannot be had. */
const isAllocationFailure = (error: unknown): boolean =>
  error instanceof Error &&
  !isOrzError(error) &&
  /Array buffer allocation failed|bad_alloc|[Ff]ailed to allocate memory|out of memory/.test(error.message);

const outOfMemory = (cause: unknown): OrzError =>
  new OrzError('ORZ_INSUFFICIENT', 'The run ran out of memory', {
    origin: 'run process',
    cause,
    remedy:
      'Lower rolloutBatchSize, maxResponseTokens, engine.maxSlots or engine.microBatchTokens, or take a smaller preset.',
  });
