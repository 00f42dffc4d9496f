import type { Problem, RewardResult } from '../../core/contracts/data.js';
import type { RewardPool } from '../../core/contracts/reward-pool.js';
import type { AnswerCheck, GradableRollout, RewardModule } from '../../core/contracts/reward.js';
import { elementAt } from '../../core/arrays.js';
import type { OrzError } from '../../core/errors.js';
import { gradingStopped, nothingGraded, rewardFailed } from './errors.js';
import { Thread, type RewardPoolOptions, type Task, type ThreadEvent } from './reward-thread.js';

export type { RewardPoolOptions } from './reward-thread.js';

const maxAttempts = 2;
/**
 * Pieces of work given up in a row, in all threads together, after which the reward is broken rather than some texts
 * hard: each has cost two time limits or threads.
 */
const maxGivenUp = 32;
/** Gold answers handed to a thread at a time. */
const checkBatch = 64;

/**
 * Threads that grade with one reward. A thread that hangs or crashes is replaced and its piece of work tried once more;
 * if it happens again, that piece alone is given up with the verdict `timeout` or `undecidable`. The time limit counts
 * work, not waiting in the queue.
 */
export async function createRewardPool(module: RewardModule, options: RewardPoolOptions): Promise<RewardPool> {
  const pool = new Pool(module, options);
  await pool.start();
  return pool;
}

class Pool implements RewardPool {
  readonly stats = { timeouts: 0, crashes: 0, retries: 0 };
  private readonly threads = new Set<Thread>();
  private readonly queue: Task[] = [];
  private independent = false;
  private checks = false;
  private broken: OrzError | undefined;
  /** Since the last result. */
  private givenUp = 0;

  constructor(
    private readonly module: RewardModule,
    private readonly options: RewardPoolOptions,
  ) {}

  /** Starts one thread and waits for its module, so that a reward that cannot be loaded is known before any work. */
  async start(): Promise<void> {
    const first = this.add();
    const ready = await first.ready.catch((error: unknown) => {
      void this.dispose();
      throw error;
    });
    this.independent = ready.independent;
    this.checks = ready.checks;
  }

  grade(group: readonly GradableRollout[]): Promise<readonly RewardResult[]> {
    if (this.broken) return Promise.reject(this.broken);
    const all = group.map((_, index) => index);
    const pieces = this.independent ? all.map((index) => [index]) : all.length === 0 ? [] : [all];
    return new Promise((resolve, reject) => {
      this.enqueue({ method: 'grade', group, results: [], attempts: new Map(), pieces, resolve, reject });
    });
  }

  check(problems: readonly Problem[]): Promise<readonly AnswerCheck[] | undefined> {
    if (this.broken) return Promise.reject(this.broken);
    if (!this.checks) return Promise.resolve(undefined);
    const batches = Array.from({ length: Math.ceil(problems.length / checkBatch) }, (_, k) =>
      problems.slice(k * checkBatch, (k + 1) * checkBatch),
    );
    return Promise.all(batches.map((batch) => this.checkTogether(batch))).then((parts) => parts.flat());
  }

  private checkTogether(problems: readonly Problem[]): Promise<readonly AnswerCheck[]> {
    // A problem travels as a rollout without a text, graded on its own.
    const group = problems.map((problem, index): GradableRollout => ({
      index,
      problem,
      text: '',
      stopReason: 'stop',
      responseLength: 0,
    }));
    const pieces = group.map(({ index }) => [index]);
    return new Promise((resolve, reject) => {
      this.enqueue({ method: 'check', group, results: [], attempts: new Map(), pieces, resolve, reject });
    });
  }

  private enqueue(task: Task): void {
    this.queue.push(task);
    this.dispatch();
  }

  async dispose(): Promise<void> {
    this.fail(gradingStopped());
    await Promise.all([...this.threads].map((thread) => thread.stop()));
    this.threads.clear();
  }

  private add(): Thread {
    const thread = new Thread(this.module, this.options, (event) => this.handle(thread, event));
    this.threads.add(thread);
    thread.ready.then(
      () => this.dispatch(),
      () => {},
    );
    return thread;
  }

  /** Gives waiting groups to idle threads, starting more of them while there is work. */
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
    if (event.kind === 'unusable') return this.fail(rewardFailed(event.failure));
    if (event.kind === 'gone') this.threads.delete(thread);
    else if (event.kind === 'graded') this.givenUp = 0;
    else if (event.kind === 'failure') event.task.reject(rewardFailed(event.failure));
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
    this.options.onIncident?.(
      `a grading thread ${event} on ${described(task, stuck)}; ${again ? 'trying once more' : 'given up'}`,
    );
    if (this.givenUp >= maxGivenUp) {
      task.reject(nothingGraded(this.givenUp, described(task, stuck)));
      return this.fail(nothingGraded(this.givenUp, described(task, stuck)));
    }
    task.pieces = task.pieces.filter((left) => left.some((index) => task.results[index] === undefined));
    this.queue.unshift(task);
    this.add();
  }

  private giveUp(task: Task, piece: readonly number[], cause: 'timeout' | 'crash'): void {
    this.givenUp++;
    for (const index of piece) task.results[index] = task.method === 'check' ? uncheckable(cause) : givenUp(cause);
  }

  private fail(error: OrzError): void {
    this.broken ??= error;
    for (const task of this.queue.splice(0)) task.reject(error);
    for (const thread of this.threads) thread.abandon(error);
  }
}

/** Names the problem and the rollouts of a piece of work, for a message. */
function described({ group }: Task, piece: readonly number[]): string {
  const rollouts = piece.map((index) => elementAt(group, index));
  return `problem "${elementAt(group, 0).problem.id}", rollout ${rollouts.map(({ index }) => index).join(', ')}`;
}

const uncheckable = (cause: 'timeout' | 'crash'): AnswerCheck => ({
  gradable: false,
  reason: cause === 'timeout' ? 'it was not read in time' : 'reading it ended the grading thread',
});

function givenUp(cause: 'timeout' | 'crash'): RewardResult {
  return cause === 'timeout'
    ? { value: 0, verdict: 'timeout', detail: { rule: 'time limit' } }
    : { value: 0, verdict: 'undecidable', detail: { rule: 'grading thread died twice' } };
}
