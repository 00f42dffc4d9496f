import { isOrzError } from '../../core/errors.js';
import type { RunSummary } from '../../core/train/loop/run.js';
import { exitCodeOf, exitCodes } from '../report-error.js';
import { outOfMemory, stoppedBeforeTraining, thrownOutsideCalls } from './errors.js';
import { packError, type FromRun, type RunRequest, type StopSignal, type ToRun } from './messages.js';
import { startCallMonitor } from './call-monitor.js';
import { reportingCallbacks, type RunCallbacks } from './run-callbacks.js';

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
      const callbacks = { ...reportingCallbacks(send, controller.signal), observer: monitor };
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

/** What a terminal process that is gone does not get is no error here: the end of the connection follows. */
function send(message: FromRun, onSent: () => void = () => undefined): void {
  if (process.connected) process.send?.(message, onSent);
}

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
    const report = (thrown: unknown): void => {
      reject(thrownOutsideCalls(thrown, plugins));
    };
    process.on('uncaughtException', report);
    process.on('unhandledRejection', report); // Node would wrap a reason that is no error in one of its own.
  });

/** What V8 and the tensor libraries throw when an array cannot be allocated. */
const isAllocationFailure = (error: unknown): boolean =>
  error instanceof Error &&
  (!isOrzError(error) || error.code === 'ORZ_PLUGIN_FAILED') &&
  /Array buffer allocation failed|bad_alloc|[Ff]ailed to allocate memory|out of memory/.test(error.message);
