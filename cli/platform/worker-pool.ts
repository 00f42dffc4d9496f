import { elementAt } from '../../core/arrays.js';
import type { OrzError } from '../../core/errors.js';
import { nothingDone, threadsStopped, workFailed } from './errors.js';
import type { GivenUp, WorkerKind } from './worker-kind.js';
import type { WorkerModule, WorkItem } from './worker-messages.js';
import { Thread, type Task, type ThreadEvent, type WorkerPoolOptions } from './worker-thread.js';

const maxAttempts = 2;
/**
 * Pieces of work given up in a row, in all threads together, after which the module is broken rather than some texts
 * hard: each has cost two time limits or threads.
 */
const maxGivenUp = 32;

/** How often threads were stopped or died, and how often their work was tried once more. */
export interface Incidents {
  timeouts: number;
  crashes: number;
  retries: number;
}

/**
 * Threads that work with one module of a plugin. A thread that hangs or crashes is replaced and its piece of work tried
 * once more; if it happens again, that piece alone is given up. The time limit counts work, not waiting in the queue.
 */
export class WorkerPool {
  private readonly threads = new Set<Thread>();
  private readonly queue: Task[] = [];
  private broken: OrzError | undefined;
  /** Since the last result. */
  private givenUp = 0;

  /** `stats` may be shared with other pools. */
  constructor(
    private readonly kind: WorkerKind,
    private readonly module: WorkerModule,
    private readonly options: WorkerPoolOptions,
    readonly stats: Incidents = { timeouts: 0, crashes: 0, retries: 0 },
  ) {}

  /**
   * Starts one thread and waits for its module, so that one that cannot be loaded is known before any work. Gives the
   * facts that it tells.
   */
  async start(): Promise<unknown> {
    try {
      return await this.add().ready;
    } catch (error) {
      void this.dispose();
      throw error;
    }
  }

  /** The results of all items, in order. A piece is done, tried again and given up as a whole. */
  work<R>(method: string, items: readonly WorkItem[], pieces: readonly (readonly number[])[]): Promise<readonly R[]> {
    if (this.broken) return Promise.reject(this.broken);
    return new Promise((resolve, reject) => {
      this.queue.push({ method, items, results: [], attempts: new Map(), pieces, resolve, reject });
      this.dispatch();
    });
  }

  async dispose(): Promise<void> {
    this.fail(threadsStopped(this.kind));
    await Promise.all([...this.threads].map((thread) => thread.stop()));
    this.threads.clear();
  }

  private add(): Thread {
    const thread = new Thread(this.kind, this.module, this.options, (event) => this.handle(thread, event));
    this.threads.add(thread);
    thread.ready.then(
      () => this.dispatch(),
      () => {},
    );
    return thread;
  }

  /** Gives waiting work to idle threads, starting more of them while there is work. */
  private dispatch(): void {
    while (!this.broken) {
      const idle = [...this.threads].find((thread) => thread.idle);
      if (idle === undefined) break;
      const task = this.queue.shift();
      if (task === undefined) break;
      if (task.pieces.length === 0) task.resolve(task.results as never[]);
      else idle.run(task);
    }
    const starting = [...this.threads].filter((thread) => thread.starting).length;
    if (this.queue.length > starting && this.threads.size < Math.max(1, this.options.workers) && !this.broken)
      this.add();
  }

  /** Handles what happened to a thread, and to the task that it had. */
  private handle(thread: Thread, event: ThreadEvent): void {
    if (event.kind === 'unusable') return this.fail(workFailed(this.kind, event.failure));
    if (event.kind === 'gone') this.threads.delete(thread);
    else if (event.kind === 'progress') this.givenUp = 0;
    else if (event.kind === 'failure') event.task.reject(workFailed(this.kind, event.failure));
    else if (event.kind === 'done') event.task.resolve(event.task.results as never[]);
    else this.replace(thread, event);
    this.dispatch();
  }

  /** The piece is tried once more, or given up; the rest of the task goes on in another thread. */
  private replace(thread: Thread, { task, piece, cause }: Extract<ThreadEvent, { kind: 'died' }>): void {
    this.threads.delete(thread);
    this.stats[cause === 'timeout' ? 'timeouts' : 'crashes']++;
    const stuck = piece ?? elementAt(task.pieces, 0);
    const key = stuck.join();
    const attempts = (task.attempts.get(key) ?? 0) + 1;
    task.attempts.set(key, attempts);
    const again = attempts < maxAttempts;
    if (again) this.stats.retries++;
    else this.giveUp(task, stuck, cause);
    const event = cause === 'timeout' ? `was stopped after ${this.options.timeoutMs} ms` : 'died';
    const outcome = again ? 'trying once more' : 'given up';
    this.options.onIncident?.(`a ${this.kind.thread} ${event} on ${described(task, stuck)}; ${outcome}`);
    if (this.givenUp >= maxGivenUp) {
      const error = nothingDone(this.kind, this.givenUp, described(task, stuck));
      task.reject(error);
      return this.fail(error);
    }
    task.pieces = task.pieces.filter((left) => left.some((index) => task.results[index] === undefined));
    this.queue.unshift(task);
    this.add();
  }

  private giveUp(task: Task, piece: readonly number[], cause: GivenUp): void {
    this.givenUp++;
    for (const index of piece) task.results[index] = this.kind.givenUp(task.method, cause);
  }

  private fail(error: OrzError): void {
    this.broken ??= error;
    for (const task of this.queue.splice(0)) task.reject(error);
    for (const thread of this.threads) thread.abandon(error);
  }
}

/** Names the problem and the rollouts of a piece of work, for a message. */
function described({ items }: Task, piece: readonly number[]): string {
  const rollouts = piece.map((index) => elementAt(items, index));
  return `problem "${elementAt(items, 0).problem.id}", rollout ${rollouts.map(({ index }) => index).join(', ')}`;
}
