import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { RunSummary } from '../../core/train/loop/run.js';
import { diedError, withWayOn } from './died.js';
import { unpackError, type FromRun, type RunRequest, type StopSignal, type ToRun } from './messages.js';
import { createWatchdog, defaultDeadlines, type Deadlines, type Watchdog } from './watchdog.js';

export interface SuperviseOptions {
  /** Module that the run process executes. */
  readonly module: URL;
  readonly request: RunRequest;
  /** Every message but the last. */
  readonly onMessage: (message: FromRun) => void;
  /** A line that the run process, a library or a user's plugin printed. */
  readonly onOutput: (line: string) => void;
  readonly deadlines?: Partial<Deadlines>;
}

export interface SupervisedRun {
  /** Rejects with the error of the run, or with ORZ_RUN_DIED if its process ended without a word. */
  readonly result: Promise<RunSummary>;
  /** Asks the run to finish its step, save and end; `signal` is what the user sent. */
  stop(signal: StopSignal): void;
  /** Ends the process now; what was saved stays. */
  kill(): void;
}

const rememberedLines = 20;

/**
 * Starts the run in a process of its own, because tensor libraries block the thread they run on: this process stays free to draw and to react. The
 * run process ends itself when this one disappears; when it does not answer in time, it is ended with an error that says what was waited for.
 */
export function superviseRun({ module, request, onMessage, onOutput, deadlines }: SuperviseOptions): SupervisedRun {
  const child = fork(module, [], { serialization: 'advanced', stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const lastLines: string[] = [];
  const outputEnded = [child.stdout!, child.stderr!].map((stream) =>
    readLines(stream, (line) => {
      if (lastLines.push(line) > rememberedLines) lastLines.shift();
      onOutput(line);
    }),
  );
  const send = (message: ToRun) => {
    if (child.connected) child.send(message, () => undefined); // A process that is gone is reported by its exit.
  };
  let runDir: string | undefined;
  let watchdog: Watchdog | undefined;
  const result = new Promise<RunSummary>((resolve, reject) => {
    watchdog = createWatchdog({
      deadlines: { ...defaultDeadlines, ...deadlines },
      onExpired: (waitedFor) => {
        reject(
          diedError(
            `it did not answer while this process waited for ${waitedFor}`,
            { code: null, signal: null },
            lastLines,
          ),
        );
        child.kill('SIGKILL');
      },
      onReminder: (message) => {
        onMessage({ kind: 'log', level: 'info', message });
      },
    });
    child.on('message', (message: FromRun) => {
      watchdog?.hear(message);
      if (message.kind === 'ready') send({ kind: 'start', request });
      else if (message.kind === 'finished') resolve(message.summary);
      else if (message.kind === 'failed') reject(unpackError(message.error));
      else if (message.kind !== 'alive') onMessage(message);
      if (message.kind === 'started') runDir = message.runDir;
    });
    child.on('error', (cause) => {
      reject(diedError('it could not be started', { code: null, signal: null }, lastLines, cause));
    });
    child.on('exit', (code, signal) => {
      // A process that it had started may keep the pipes open.
      void Promise.race([Promise.all(outputEnded), setTimeout(lastLinesMs, undefined, { ref: false })]).then(() => {
        reject(diedError(signal === null ? `exit code ${code}` : `signal ${signal}`, { code, signal }, lastLines));
      });
    });
  });
  const exited = new Promise<void>((resolve) => {
    child
      .on('exit', () => {
        resolve();
      })
      .on('error', () => {
        resolve();
      });
  });
  return {
    result: settleAfter(result, exited, child)
      .catch((error: unknown) => {
        throw withWayOn(error, runDir);
      })
      .finally(() => {
        watchdog?.end();
      }),
    stop: (signal) => {
      watchdog?.stopAsked();
      send({ kind: 'stop', signal });
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}

/** Time for the last lines of a process that is gone to arrive. */
const lastLinesMs = 2_000;
/** Time for a process that has said its last word to close its files. */
const patienceMs = 10_000;

/** The outcome, once the process is gone: it may still be closing files. One that does not end is ended. */
async function settleAfter(
  result: Promise<RunSummary>,
  exited: Promise<void>,
  child: ChildProcess,
): Promise<RunSummary> {
  const patience = new AbortController();
  try {
    return await result;
  } finally {
    setTimeout(patienceMs, undefined, { signal: patience.signal }).then(
      () => child.kill('SIGKILL'),
      () => undefined,
    );
    await exited;
    patience.abort();
  }
}

function readLines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  return new Promise((resolve) => {
    createInterface({ input: stream })
      .on('line', onLine)
      .on('close', () => {
        resolve();
      });
  });
}
