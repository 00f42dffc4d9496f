import type { RewardResult } from '../../core/contracts/data.js';
import type { GradeRecord } from '../grade/record.js';
import { busy } from './refusal.js';

export interface SchedulerLimits {
  /** Records handed to the grading threads at once. */
  readonly parallel: number;
  /** Records of all requests together, waiting or being graded. */
  readonly maxPairs: number;
}

interface Job {
  readonly records: readonly GradeRecord[];
  readonly results: RewardResult[];
  next: number;
  finished: number;
  readonly resolve: (results: readonly RewardResult[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Hands the records of many requests to the grading threads in turn, one of each request at a time, so that a small
 * request does not wait for a large one. A request that is given up leaves nothing behind but what is being graded.
 */
export class Scheduler {
  /** Jobs with records that wait, in the order of their turns. */
  private readonly turns: Job[] = [];
  private pairs = 0;
  private grading = 0;

  constructor(
    private readonly grade: (record: GradeRecord) => Promise<RewardResult>,
    private readonly limits: SchedulerLimits,
  ) {}

  /** Records that wait for a thread. */
  get waitingPairs(): number {
    return this.pairs - this.grading;
  }

  get gradingPairs(): number {
    return this.grading;
  }

  /** The results in the order of the records. Rejects with the reason of `signal` once it is aborted. */
  submit(records: readonly GradeRecord[], signal: AbortSignal): Promise<readonly RewardResult[]> {
    if (records.length === 0) return Promise.resolve([]);
    if (this.pairs + records.length > this.limits.maxPairs)
      return Promise.reject(busy(`${this.pairs} answers are waiting, and ${this.limits.maxPairs} are the limit`));
    return new Promise((resolve, reject) => {
      const job: Job = { records, results: [], next: 0, finished: 0, resolve, reject };
      const giveUp = (): void => {
        this.abandon(job, signal.reason);
      };
      if (signal.aborted) return reject(signal.reason as Error);
      signal.addEventListener('abort', giveUp, { once: true });
      this.pairs += records.length;
      this.turns.push(job);
      this.dispatch();
    });
  }

  private dispatch(): void {
    while (this.grading < this.limits.parallel) {
      const job = this.turns.shift();
      const record = job?.records[job.next];
      if (job === undefined || record === undefined) return;
      const index = job.next++;
      if (job.next < job.records.length) this.turns.push(job);
      this.grading++;
      void this.gradeOne(job, record, index);
    }
  }

  private async gradeOne(job: Job, record: GradeRecord, index: number): Promise<void> {
    try {
      job.results[index] = await this.grade(record);
      this.release();
      if (++job.finished === job.records.length) job.resolve(job.results);
    } catch (error) {
      this.release();
      this.abandon(job, error);
    }
    this.dispatch();
  }

  private release(): void {
    this.grading--;
    this.pairs--;
  }

  private abandon(job: Job, reason: unknown): void {
    const turn = this.turns.indexOf(job);
    if (turn >= 0) this.turns.splice(turn, 1);
    this.pairs -= job.records.length - job.next;
    job.next = job.records.length;
    job.reject(reason);
  }
}
