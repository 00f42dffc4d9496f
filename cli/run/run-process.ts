import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { RunSummary } from '../../core/train/loop/run.js';
import { computingEnvironment } from '../platform/computing-environment.js';
import { busyDescriptor } from './call-monitor.js';
import { runDied } from './errors.js';
import { unpackError, type FromRun, type RunRequest, type StopSignal, type ToRun } from './messages.js';
import { defaultTimeouts, startResponseTimer, type ResponseTimeouts } from './response-timer.js';
import { withResumeCommand } from './resume-command.js';

export interface RunProcessOptions {
  /** Module that the run process executes. */
  readonly module: URL;
  readonly request: RunRequest;
  /** Called with every message but the last. */
  readonly onMessage: (message: FromRun) => void;
  /** Called with each line that the run process, a library or a user's plugin printed. */
  readonly onOutput: (line: string) => void;
  readonly timeouts?: Partial<ResponseTimeouts>;
}

/** A run in a process of its own, seen from the terminal process. */
export interface RunProcess {
  /** Rejects with the error of the run, or with ORZ_RUN_DIED if its process exited without reporting a result. */
  readonly result: Promise<RunSummary>;
  /** Asks the run to finish its step, save and exit; `signal` is what the user sent. */
  stop(signal: StopSignal): void;
  /** Kills the process now; what was saved stays. */
  kill(): void;
}

/** Lines of output that are kept for the message about a crash. */
const keptLines = 20;
/** Milliseconds in which the last lines of a process that is gone may still arrive. */
const lastLinesMs = 2_000;
/** Milliseconds in which a process that has reported its result may close its files. */
const closingMs = 10_000;

/**
 * Starts the run in a process of its own, because tensor libraries block the thread they run on: this process stays
 * free to draw and to react. The run process exits when this one disappears; when it does not answer in time, it is
 * killed, and the error says what was waited for.
 */
export function startRunProcess(options: RunProcessOptions): RunProcess {
  const { request, onMessage } = options;
  const child = fork(options.module, [], {
    env: computingEnvironment(process.env),
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
  });
  const output = collectOutput(child, options.onOutput);
  const send = (message: ToRun) => {
    if (child.connected) child.send(message, () => undefined); // A process that is gone is reported by its exit.
  };
  const outcome = deferred<RunSummary>();
  const timer = startResponseTimer({
    timeouts: { ...defaultTimeouts, ...options.timeouts },
    onTimeout: (waitedFor) => {
      const how = `it did not get on while this process waited for ${waitedFor}`;
      outcome.reject(runDied({ how, lastLines: output.lastLines }));
      child.kill('SIGKILL');
    },
    onReminder: (message) => {
      onMessage({ kind: 'log', level: 'info', message });
    },
  });
  let runDir: string | undefined;
  child.on('message', (message: FromRun) => {
    timer.onMessage(message);
    if (message.kind === 'ready') send({ kind: 'start', request });
    else if (message.kind === 'finished') outcome.resolve(message.summary);
    else if (message.kind === 'failed') outcome.reject(unpackError(message.error));
    else if (message.kind !== 'alive') onMessage(message);
    if (message.kind === 'started') runDir = message.runDir;
  });
  const exited = rejectOnExit(child, { output, calls: collectCalls(child, timer.onBusy) }, outcome.reject);
  return {
    result: settleAfterExit(outcome.promise, exited, child)
      .catch((error: unknown) => {
        throw withResumeCommand(error, runDir);
      })
      .finally(timer.cancel),
    stop: (signal) => {
      timer.stopRequested();
      send({ kind: 'stop', signal });
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}

/** A promise with the functions that settle it. */
function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

interface Output {
  readonly lastLines: readonly string[];
  /** Resolves when both streams have ended. */
  readonly ended: Promise<unknown>;
}

function collectOutput(child: ChildProcess, onOutput: (line: string) => void): Output {
  const lastLines: string[] = [];
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  const ended = streams.map((stream) =>
    readLines(stream, (line) => {
      if (lastLines.push(line) > keptLines) lastLines.shift();
      onOutput(line);
    }),
  );
  return { lastLines, ended: Promise.all(ended) };
}

interface NamedCalls {
  /** The call in which the process exited, once `ended`; undefined for none. */
  readonly last: string | undefined;
  /** Resolves when no more can be named. */
  readonly ended: Promise<unknown>;
}

function collectCalls(child: ChildProcess, onBusy: (call: string) => void): NamedCalls {
  const stream = child.stdio[busyDescriptor];
  let last: string | undefined;
  const onLine = (line: string): void => {
    last = line === '' ? undefined : line;
    if (last !== undefined) onBusy(last);
  };
  const ended = stream instanceof Readable ? readLines(stream, onLine) : Promise.resolve();
  return {
    ended,
    get last() {
      return last;
    },
  };
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

/** What a process leaves to read. */
interface Traces {
  readonly output: Output;
  readonly calls: NamedCalls;
}

/**
 * Rejects with ORZ_RUN_DIED after the process has exited, which matters only if it reported no result; resolves at
 * once.
 */
function rejectOnExit(child: ChildProcess, { output, calls }: Traces, reject: (error: unknown) => void): Promise<void> {
  return new Promise((resolve) => {
    child.on('error', (cause) => {
      reject(runDied({ how: 'it could not be started', lastLines: output.lastLines, cause }));
      resolve();
    });
    child.on('exit', (code, signal) => {
      resolve();
      const read = Promise.all([output.ended, calls.ended]);
      // A process that it had started may keep the pipes open.
      void Promise.race([read, setTimeout(lastLinesMs, undefined, { ref: false })]).then(() => {
        // A signal leaves no time to name a call.
        const during = signal === null && calls.last !== undefined ? ` during ${calls.last}` : '';
        const how = `${signal === null ? `exit code ${code}` : `signal ${signal}`}${during}`;
        reject(runDied({ how, exit: { code, signal }, lastLines: output.lastLines }));
      });
    });
  });
}

/** The outcome, once the process has exited: it may still be closing files. If that takes too long, it is killed. */
async function settleAfterExit(
  outcome: Promise<RunSummary>,
  exited: Promise<void>,
  child: ChildProcess,
): Promise<RunSummary> {
  const closed = new AbortController();
  try {
    return await outcome;
  } finally {
    setTimeout(closingMs, undefined, { signal: closed.signal }).then(
      () => child.kill('SIGKILL'),
      () => undefined,
    );
    await exited;
    closed.abort();
  }
}
