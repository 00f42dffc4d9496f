import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { elementAt } from '../../core/arrays.js';
import { Mismatch, readableCause } from '../../core/boundary/errors.js';
import { messageOf } from '../../core/boundary/safe-text.js';
import { isOrzError, type ErrorCode } from '../../core/errors.js';
import { packageRoot } from '../setup/project.mjs';
import type {
  WorkerFailure,
  WorkerJob,
  WorkerMessage,
  WorkerModule,
  WorkerStart,
  WorkItem,
} from './worker-messages.js';

/** What a thread does with the part that its module makes. */
export interface Occupation<T extends { readonly name: string }> {
  readonly part: 'reward' | 'environment';
  /** Of errors that are the part's fault. */
  readonly code: ErrorCode;
  /** What the part must have, in words; `isUsable` says whether it has. */
  readonly needs: string;
  isUsable(made: T | undefined): boolean;
  /** What the pool is told of it. */
  facts(made: T): unknown;
  /** One result per item. */
  work(made: T, method: string, items: readonly WorkItem[]): Promise<readonly unknown[]>;
}

/** A result that is not what the contract says; its message says all. */
export class InvalidResult extends Error {}

/** The life of a worker thread: it loads one module and does the work it is sent, until it is terminated. */
export async function serve<T extends { readonly name: string }>(occupation: Occupation<T>): Promise<void> {
  const port = parentPort ?? workerOnly();
  const { module, beats } = workerData as WorkerStart;
  const beat = new Int32Array(beats);
  const send = (message: WorkerMessage): void => {
    port.postMessage(message);
  };
  const failureOf = (error: unknown, context: string): WorkerFailure => failure(occupation.code, error, context);
  let made: T;
  try {
    made = await load(occupation, module);
  } catch (error) {
    const context = `the ${occupation.part} module ${module.moduleUrl} could not be loaded`;
    send({ kind: 'unusable', failure: failureOf(error, context) });
    return;
  }
  const work = async (job: WorkerJob): Promise<void> => {
    for (const [piece, indices] of job.pieces.entries()) {
      const items = indices.map((index) => elementAt(job.items, index));
      Atomics.add(beat, 0, 1);
      send({ kind: 'start', piece });
      try {
        send({ kind: 'result', piece, results: await occupation.work(made, job.method, items) });
      } catch (error) {
        const context = `the ${occupation.part} "${made.name}" failed on problem "${items[0]?.problem.id}"`;
        send({ kind: 'failure', failure: failureOf(error, context) });
        // This is the last word on the job: a message more would be taken for one about the next.
        return;
      } finally {
        Atomics.add(beat, 0, 1);
      }
    }
    send({ kind: 'done' });
  };
  port.on('message', (job: WorkerJob) => void work(job));
  send({ kind: 'ready', facts: occupation.facts(made) });
}

function workerOnly(): never {
  throw new Error('This module is loaded only as a worker thread');
}

async function load<T extends { readonly name: string }>(
  { part, needs, isUsable }: Occupation<T>,
  { moduleUrl, exportName = 'default', settings }: WorkerModule,
): Promise<T> {
  const loaded = await loadModule(moduleUrl);
  const factory = (loaded as Record<string, unknown>)[exportName];
  const what = part === 'environment' ? 'an environment' : 'a reward';
  if (typeof factory !== 'function')
    throw new TypeError(
      `it has no ${exportName === 'default' ? 'default export' : `export '${exportName}'`} that makes ${what}`,
    );
  const made = (await (factory as (settings: unknown) => unknown)(settings)) as T | undefined;
  if (made === undefined || typeof made?.name !== 'string' || !isUsable(made))
    throw new TypeError(`its export '${exportName}' made something that is no ${part} (${needs} are needed)`);
  return made;
}

/** Modules of the package are compiled; a user's own go through the loader of user code, which gives them ours. */
async function loadModule(url: string): Promise<unknown> {
  if (!url.startsWith('file:')) return import(url);
  const path = fileURLToPath(url);
  if (path.startsWith(join(packageRoot, 'dist', 'plugins'))) return import(url);
  const { importModule } = await import('../config/import-module.js');
  return importModule(path, dirname(path));
}

/** Turns a value that a contract refuses into an {@link InvalidResult} that says what came. */
export function shaped<T>(context: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    const what = error.path === '' ? error.came : `the ${error.path} ${error.came}`;
    throw new InvalidResult(`${context} ${what.replaceAll('"', '')} instead of ${error.due}`);
  }
}

function failure(code: ErrorCode, error: unknown, context: string): WorkerFailure {
  const whole = isOrzError(error);
  const stack = readableCause(error)?.stack;
  const text = whole || error instanceof InvalidResult ? error.message : messageOf(error);
  return {
    code: whole ? error.code : code,
    message: error instanceof InvalidResult ? text : `${context}: ${text}`,
    ...(stack !== undefined && { stack }),
  };
}
