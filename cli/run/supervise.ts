import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { OrzError } from '../../core/errors.js';
import type { RunSummary } from '../../core/train/run.js';
import { unpackError, type FromRun, type RunRequest, type StopSignal, type ToRun } from './messages.js';

export interface SuperviseOptions {
  /** Module that the run process executes. */
  readonly module: URL;
  readonly request: RunRequest;
  /** Every message but the last. */
  readonly onMessage: (message: FromRun) => void;
  /** A line that the run process, a library or a user's plugin printed. */
  readonly onOutput: (line: string) => void;
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
 * run process ends itself when this one disappears.
 */
export function superviseRun({ module, request, onMessage, onOutput }: SuperviseOptions): SupervisedRun {
  const child = fork(module, [], { serialization: 'advanced', stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const lastLines: string[] = [];
  const outputEnded = [child.stdout!, child.stderr!].map((stream) => readLines(stream, (line) => {
    if (lastLines.push(line) > rememberedLines) lastLines.shift();
    onOutput(line);
  }));
  const send = (message: ToRun) => {
    if (child.connected) child.send(message, () => undefined); // A process that is gone is reported by its exit.
  };
  const result = new Promise<RunSummary>((resolve, reject) => {
    child.on('message', (message: FromRun) => {
      if (message.kind === 'ready') send({ kind: 'start', request });
      else if (message.kind === 'finished') resolve(message.summary);
      else if (message.kind === 'failed') reject(unpackError(message.error));
      else onMessage(message);
    });
    child.on('error', (cause) => { reject(diedError('it could not be started', lastLines, cause)); });
    child.on('exit', (code, signal) => {
      void Promise.all(outputEnded).then(() => { reject(diedError(signal === null ? `exit code ${code}` : `signal ${signal}`, lastLines)); });
    });
  });
  const exited = new Promise<void>((resolve) => { child.on('exit', () => { resolve(); }).on('error', () => { resolve(); }); });
  return { result: settleAfter(result, exited, child), stop: (signal) => { send({ kind: 'stop', signal }); }, kill: () => { child.kill('SIGKILL'); } };
}

const patienceMs = 10_000;

/** The outcome, once the process is gone: it may still be closing files. One that does not end is ended. */
async function settleAfter(result: Promise<RunSummary>, exited: Promise<void>, child: ChildProcess): Promise<RunSummary> {
  try {
    return await result;
  } finally {
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    await exited;
    clearTimeout(timer);
  }
}

function readLines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  return new Promise((resolve) => { createInterface({ input: stream }).on('line', onLine).on('close', () => { resolve(); }); });
}

function diedError(how: string, lastLines: readonly string[], cause?: unknown): OrzError {
  const killed = how.includes('SIGKILL');
  return new OrzError('ORZ_RUN_DIED', `The run process ended unexpectedly: ${how}`, {
    value: lastLines.length === 0 ? 'it printed nothing' : lastLines.join('\n'), origin: 'run process', ...(cause === undefined ? {} : { cause }),
    remedy: killed ? 'Somebody or the system killed it; out of memory is the usual reason: lower rolloutBatchSize or maxResponseTokens.'
      : 'Its last lines are above. If they do not explain it, please report it.',
  });
}
