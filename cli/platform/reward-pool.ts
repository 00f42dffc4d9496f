import type { Problem, RewardResult } from '../../core/contracts/data.js';
import type { RewardPool } from '../../core/contracts/reward-pool.js';
import type { AnswerCheck, GradableRollout, RewardModule } from '../../core/contracts/reward.js';
import { OrzError } from '../../core/errors.js';
import { errorOf, Thread, type RewardPoolOptions, type Task, type ThreadEvent } from './reward-thread.js';

export type { RewardPoolOptions } from './reward-thread.js';

const maxAttempts = 2;
/** Answers handed to a thread at a time. */
const checkedTogether = 64;

/**
 * Threads that grade with one reward. A thread that hangs or dies is replaced and its piece of work tried once more; a
 * second time, that piece alone is given up with the verdict `timeout` or `undecidable`. Waiting in the queue costs nothing.
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
    const tasks = Array.from({ length: Math.ceil(problems.length / checkedTogether) }, (_, k) =>
      problems.slice(k * checkedTogether, (k + 1) * checkedTogether),
    );
    return Promise.all(
      tasks.map(
        (part) =>
          new Promise<readonly AnswerCheck[]>((resolve, reject) => {
            const group = part.map((problem, index): GradableRollout => ({
              index,
              problem,
              text: '',
              stopReason: 'stop',
              responseLength: 0,
            }));
            this.enqueue({
              method: 'check',
              group,
              results: [],
              attempts: new Map(),
              pieces: group.map(({ index }) => [index]),
              resolve,
              reject,
            });
          }),
      ),
    ).then((parts) => parts.flat());
  }

  private enqueue(task: Task): void {
    this.queue.push(task);
    this.dispatch();
  }

  async dispose(): Promise<void> {
    this.fail(new OrzError('ORZ_REWARD_WORKER', 'the grading threads were stopped before this group was graded'));
    await Promise.all([...this.threads].map((thread) => thread.stop()));
    this.threads.clear();
  }

  private add(): Thread {
    const thread = new Thread(this.module, this.options, (event) => this.settle(thread, event));
    this.threads.add(thread);
    thread.ready.then(
      () => this.dispatch(),
      () => {},
    );
    return thread;
  }

  /** Gives waiting groups to idle threads, starting more of them while there is work. */
  private dispatch(): void {
    while (this.queue.length > 0 && !this.broken) {
      const idle = [...this.threads].find((thread) => thread.idle);
      if (idle === undefined) break;
      const task = this.queue.shift()!;
      if (task.pieces.length === 0) task.resolve(task.results as never[]);
      else idle.run(task);
    }
    const starting = [...this.threads].filter((thread) => thread.starting).length;
    if (this.queue.length > starting && this.threads.size < Math.max(1, this.options.workers) && !this.broken)
      this.add();
  }

  /** What becomes of a task when its thread is through with it, one way or another. */
  private settle(thread: Thread, event: ThreadEvent): void {
    if (event.kind === 'unusable') return this.fail(errorOf(event.failure));
    if (event.kind === 'gone') this.threads.delete(thread);
    else if (event.kind === 'failure') event.task.reject(errorOf(event.failure));
    else if (event.kind === 'done') event.task.resolve(event.task.results as never[]);
    else this.replace(thread, event);
    this.dispatch();
  }

  private replace(thread: Thread, { task, piece, cause }: Extract<ThreadEvent, { kind: 'died' }>): void {
    this.threads.delete(thread);
    this.stats[cause === 'timeout' ? 'timeouts' : 'crashes']++;
    const stuck = piece ?? task.pieces[0]!;
    const key = stuck.join();
    const attempts = (task.attempts.get(key) ?? 0) + 1;
    task.attempts.set(key, attempts);
    const again = attempts < maxAttempts;
    if (again) this.stats.retries++;
    else for (const index of stuck) task.results[index] = task.method === 'check' ? uncheckable(cause) : givenUp(cause);
    this.options.onIncident?.(
      `a grading thread ${cause === 'timeout' ? `was stopped after ${this.options.timeoutMs} ms` : 'died'} on problem "${task.group[0]!.problem.id}", rollout ${stuck.map((index) => task.group[index]!.index).join(', ')}; ${again ? 'trying once more' : 'given up'}`,
    );
    task.pieces = task.pieces.filter((left) => left.some((index) => task.results[index] === undefined));
    this.queue.unshift(task);
    this.add();
  }

  private fail(error: OrzError): void {
    this.broken ??= error;
    for (const task of this.queue.splice(0)) task.reject(error);
    for (const thread of this.threads) thread.abandon(error);
  }
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
