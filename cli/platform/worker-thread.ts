import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { elementAt, zip } from '../../core/arrays.js';
import type { OrzError } from '../../core/errors.js';
import { loadFailed, loadTimeout, missingWorker, problemNotCloneable, workFailed } from './errors.js';
import type { GivenUp, WorkerKind } from './worker-kind.js';
import type {
  WorkerFailure,
  WorkerJob,
  WorkerMessage,
  WorkerModule,
  WorkerStart,
  WorkItem,
} from './worker-messages.js';

export interface WorkerPoolOptions {
  /** Number of threads. */
  readonly workers: number;
  /** A piece of work that takes longer than this is stopped, at the latest after twice this time. */
  readonly timeoutMs: number;
  /** Maximum time a thread may take to load its module. */
  readonly startMs?: number;
  /** Memory of one thread beyond which it is terminated. */
  readonly memoryMb?: number;
  /** Told about every stopped or crashed thread. */
  readonly onIncident?: (message: string) => void;
}

/** Work in progress: which pieces lack results, and how often each has been tried. */
export interface Task {
  readonly method: string;
  readonly items: readonly WorkItem[];
  readonly results: unknown[];
  readonly attempts: Map<string, number>;
  pieces: readonly (readonly number[])[];
  /** The results are those of the method, one per item. */
  readonly resolve: (results: readonly never[]) => void;
  readonly reject: (error: unknown) => void;
}

const defaultMemoryMb = 1024;
const defaultStartMs = 120_000;

/** What happened to a thread. */
export type ThreadEvent =
  | { readonly kind: 'gone' }
  | { readonly kind: 'unusable'; readonly failure: WorkerFailure }
  /** A piece of work has its results. */
  | { readonly kind: 'progress' }
  | { readonly kind: 'done'; readonly task: Task }
  | { readonly kind: 'failure'; readonly task: Task; readonly failure: WorkerFailure }
  | {
      readonly kind: 'died';
      readonly task: Task;
      readonly piece: readonly number[] | undefined;
      readonly cause: GivenUp;
    };

/** One worker thread with the task it works on. */
export class Thread {
  /** The facts that the thread tells once its module is loaded. */
  readonly ready: Promise<unknown>;
  starting = true;
  private readonly shared = new SharedArrayBuffer(4);
  private readonly beats = new Int32Array(this.shared);
  private readonly worker: Worker;
  private task: Task | undefined;
  private piece: readonly number[] | undefined;
  private watch: NodeJS.Timeout | undefined;
  private stopped: 'no' | 'timeout' | 'asked' = 'no';
  /** The limit in milliseconds within which it should have been ready, if it was not. */
  private missedLimitMs: number | undefined;

  constructor(
    private readonly kind: WorkerKind,
    module: WorkerModule,
    private readonly options: WorkerPoolOptions,
    private readonly report: (event: ThreadEvent) => void,
  ) {
    const data: WorkerStart = { module: compiled(module), beats: this.shared };
    this.worker = new Worker(workerUrl(kind), {
      workerData: data,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: options.memoryMb ?? defaultMemoryMb },
    });
    this.ready = new Promise((resolve, reject) => {
      this.worker.on('message', (message: WorkerMessage) => this.receive(message, resolve, reject));
      // An exit follows, which is handled below.
      this.worker.on('error', (error) => reject(loadFailed(kind, module, error)));
      this.worker.on('exit', () => this.exited(module, reject));
    });
    this.ready.catch(() => {});
    const limit = options.startMs ?? defaultStartMs;
    this.watch = setTimeout(() => {
      if (!this.starting) return;
      this.missedLimitMs = limit;
      void this.worker.terminate();
    }, limit);
    this.watch.unref();
  }

  get idle(): boolean {
    return !this.starting && this.task === undefined && this.stopped === 'no';
  }

  run(task: Task): void {
    const job: WorkerJob = { method: task.method, items: task.items, pieces: task.pieces };
    try {
      this.worker.postMessage(job);
    } catch (cause) {
      task.reject(problemNotCloneable(this.kind, elementAt(task.items, 0).problem, cause));
      return;
    }
    this.task = task;
    this.piece = undefined;
    this.worker.ref();
    this.guard(Atomics.load(this.beats, 0));
  }

  async stop(): Promise<void> {
    if (this.stopped === 'no') this.stopped = 'asked';
    clearTimeout(this.watch);
    await this.worker.terminate();
  }

  abandon(error: OrzError): void {
    this.task?.reject(error);
    this.task = undefined;
    clearTimeout(this.watch);
  }

  /**
   * Terminates the thread if its counter has not moved for a whole time limit. The thread raises the counter itself, so
   * a main thread that was busy for long cannot take its own delay for the worker's.
   */
  private guard(seen: number): void {
    const limit = this.options.timeoutMs * (this.task?.pieces[0]?.length ?? 1);
    this.watch = setTimeout(() => {
      const now = Atomics.load(this.beats, 0);
      if (now !== seen) return this.guard(now);
      this.stopped = 'timeout';
      void this.worker.terminate();
    }, limit);
  }

  private receive(message: WorkerMessage, ready: (facts: unknown) => void, unusable: (error: OrzError) => void): void {
    const { task } = this;
    if (message.kind === 'ready') {
      this.starting = false;
      clearTimeout(this.watch);
      this.worker.unref();
      ready(message.facts);
    } else if (message.kind === 'unusable') {
      this.stopped = 'asked';
      unusable(workFailed(this.kind, message.failure));
      this.report({ kind: 'unusable', failure: message.failure });
    } else if (task === undefined) return;
    else if (message.kind === 'start') this.piece = task.pieces[message.piece];
    else if (message.kind === 'result') {
      for (const [index, result] of zip(elementAt(task.pieces, message.piece), message.results))
        task.results[index] = result;
      this.report({ kind: 'progress' });
    } else if (message.kind === 'failure') this.finish({ kind: 'failure', task, failure: message.failure });
    else this.finish({ kind: 'done', task });
  }

  private finish(event: ThreadEvent): void {
    clearTimeout(this.watch);
    this.task = undefined;
    this.worker.unref();
    this.report(event);
  }

  private exited(module: WorkerModule, reject: (error: OrzError) => void): void {
    clearTimeout(this.watch);
    if (this.stopped === 'asked') return;
    const { task, piece } = this;
    if (this.starting) {
      const limit = this.missedLimitMs;
      const error =
        limit === undefined ? loadFailed(this.kind, module, undefined) : loadTimeout(this.kind, module, limit);
      reject(error);
      this.report({ kind: 'unusable', failure: { code: this.kind.code, message: error.message } });
    } else if (task !== undefined) {
      this.task = undefined;
      this.report({ kind: 'died', task, piece, cause: this.stopped === 'timeout' ? 'timeout' : 'crash' });
    } else this.report({ kind: 'gone' });
  }
}

/**
 * Executed from its TypeScript sources, the project still loads its compiled modules in threads: compiling in each of
 * them takes seconds.
 */
function compiled({ moduleUrl, exportName, settings }: WorkerModule): WorkerModule {
  // What is sent to a thread must be plain data; a module may come with a guard around it.
  const module = { moduleUrl, settings, ...(exportName !== undefined && { exportName }) };
  const sources = new URL('../../', import.meta.url).href;
  if (!import.meta.url.endsWith('.ts') || !module.moduleUrl.startsWith(sources) || !module.moduleUrl.endsWith('.ts'))
    return module;
  const built = new URL(`dist/${module.moduleUrl.slice(sources.length, -3)}.js`, sources);
  return existsSync(fileURLToPath(built)) ? { ...module, moduleUrl: built.href } : module;
}

/** The compiled worker: beside this file, or in `dist` when this file is a TypeScript source. */
function workerUrl(kind: WorkerKind): URL {
  const built = import.meta.url.endsWith('.ts')
    ? new URL(`../../dist/cli/platform/${kind.file}.js`, import.meta.url)
    : new URL(`./${kind.file}.js`, import.meta.url);
  if (!existsSync(fileURLToPath(built))) throw missingWorker(kind, fileURLToPath(built));
  return built;
}
