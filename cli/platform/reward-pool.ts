import type { Problem, RewardResult } from '../../core/contracts/data.js';
import type { RewardPool } from '../../core/contracts/reward-pool.js';
import type { AnswerCheck, GradableRollout, RewardModule } from '../../core/contracts/reward.js';
import type { GivenUp, WorkerKind } from './worker-kind.js';
import { WorkerPool } from './worker-pool.js';
import type { WorkerPoolOptions } from './worker-thread.js';

export type { WorkerPoolOptions as RewardPoolOptions } from './worker-thread.js';

/** Gold answers handed to a thread at a time. */
const checkBatch = 64;

const grading: WorkerKind = {
  part: 'reward',
  thread: 'grading thread',
  file: 'reward-worker',
  code: 'ORZ_REWARD_WORKER',
  remedy: 'Correct the reward: it must return one finite value per rollout and must not throw.',
  givenUp: (method, cause) => (method === 'check' ? uncheckable(cause) : ungraded(cause)),
};

/** What a grading thread tells of its reward. */
export interface RewardFacts {
  /** Rollouts may be graded one at a time. */
  readonly independent: boolean;
  /** Whether it checks gold answers. */
  readonly checks: boolean;
}

/** Threads that grade with one reward; what they give up gets the verdict `timeout` or `undecidable`. */
export async function createRewardPool(module: RewardModule, options: WorkerPoolOptions): Promise<RewardPool> {
  const pool = new WorkerPool(grading, module, options);
  const { independent, checks } = (await pool.start()) as RewardFacts;
  return {
    stats: pool.stats,
    grade: (group) => pool.work<RewardResult>('grade', group, independent ? singly(group) : together(group)),
    check: async (problems) => (checks ? checkAll(pool, problems) : undefined),
    dispose: () => pool.dispose(),
  };
}

const singly = (group: readonly GradableRollout[]): number[][] => group.map((_, index) => [index]);
const together = (group: readonly GradableRollout[]): number[][] =>
  group.length === 0 ? [] : [group.map((_, index) => index)];

async function checkAll(pool: WorkerPool, problems: readonly Problem[]): Promise<readonly AnswerCheck[]> {
  const batches = Array.from({ length: Math.ceil(problems.length / checkBatch) }, (_, k) =>
    problems.slice(k * checkBatch, (k + 1) * checkBatch),
  );
  const checks = batches.map((batch) => {
    // A problem travels as a rollout without a text, graded on its own.
    const group = batch.map((problem, index): GradableRollout => ({
      index,
      problem,
      text: '',
      stopReason: 'stop',
      responseLength: 0,
    }));
    return pool.work<AnswerCheck>('check', group, singly(group));
  });
  return (await Promise.all(checks)).flat();
}

const uncheckable = (cause: GivenUp): AnswerCheck => ({
  gradable: false,
  reason: cause === 'timeout' ? 'it was not read in time' : 'reading it ended the grading thread',
});

function ungraded(cause: GivenUp): RewardResult {
  return cause === 'timeout'
    ? { value: 0, verdict: 'timeout', detail: { rule: 'time limit' } }
    : { value: 0, verdict: 'undecidable', detail: { rule: 'grading thread died twice' } };
}
