import type { Metrics, RunEvents } from '../../core/contracts/platform.js';
import { OrzError } from '../../core/errors.js';
import { packError, type FromRun, type RunRequest, type ToRun } from './messages.js';
import { createReportingEvents } from './report-events.js';
import type { RunSummary } from './summary.js';

/** What a run gets from the process it runs in. */
export interface RunHost {
  readonly events: RunEvents;
  /** Aborted when the user wants the run to finish its step, save and end. */
  readonly signal: AbortSignal;
  readonly onStarted: (runDir: string, device: string) => void;
  readonly onMetrics: (metrics: Metrics) => void;
}

/**
 * The run process: waits for the request, runs it, reports, ends. It ignores Ctrl-C, which the terminal sends to every process, and does what the terminal
 * process asks; when that one is gone it ends at once, because nobody could stop it any more.
 */
export function serveRun(execute: (request: RunRequest, host: RunHost) => Promise<RunSummary>): void {
  const controller = new AbortController();
  const send = (message: FromRun) => { if (process.connected) process.send!(message); };
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  process.on('SIGTERM', () => { controller.abort(); });
  process.on('disconnect', () => process.exit(1));
  process.on('message', (message: ToRun) => {
    if (message.kind === 'stop') controller.abort();
    else void run(message.request);
  });
  const run = async (request: RunRequest) => {
    const host: RunHost = {
      events: createReportingEvents(send),
      signal: controller.signal,
      onStarted: (runDir, device) => { send({ kind: 'started', runDir, device }); },
      onMetrics: (metrics) => { send({ kind: 'metrics', metrics }); },
    };
    const [last, code] = await outcome(execute(request, host));
    process.send!(last, () => process.exit(code));
  };
  send({ kind: 'ready' });
}

async function outcome(work: Promise<RunSummary>): Promise<[FromRun, number]> {
  try {
    return [{ kind: 'finished', summary: await work }, 0];
  } catch (error) {
    return [{ kind: 'failed', error: packError(error) }, 1];
  }
}

/** The error of a run that ended because the user asked. */
export function interrupted(runDir: string): OrzError {
  return new OrzError('ORZ_INTERRUPTED', 'Stopped as you asked', { origin: runDir, remedy: `Everything up to the last finished step is in ${runDir}.` });
}
