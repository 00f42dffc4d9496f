import { elementAt, zip } from '../../arrays.js';
import type { RewardResult, Rollout } from '../../contracts/data.js';
import type { RewardPool } from '../../contracts/reward-pool.js';
import type { GradableRollout } from '../../contracts/reward.js';
import { attributeFailure } from '../diagnostics/step-failure.js';
import { rewardNotFinite, wrongResultCount } from './errors.js';

/** The rewards of one group, in its order. Throws ORZ_REWARD_INVALID or ORZ_NOT_FINITE for invalid results. */
export function gradeGroup(
  rewards: RewardPool,
  group: readonly Rollout[],
  iteration: number | undefined,
): Promise<readonly RewardResult[]> {
  const gradable = group.map(toGradable);
  const site = {
    rollouts: group,
    step: { stage: 'grade', group: gradable },
    ...(iteration !== undefined && { iteration }),
  } as const;
  return attributeFailure(
    () => site,
    async () => checkResults(group, await rewards.grade(gradable)),
  );
}

const toGradable = ({ index, problem, text, stopReason, responseTokens }: Rollout): GradableRollout => ({
  index,
  problem,
  text,
  stopReason,
  responseLength: responseTokens.length,
});

function checkResults(group: readonly Rollout[], results: readonly RewardResult[]): readonly RewardResult[] {
  if (results.length !== group.length) {
    throw wrongResultCount(elementAt(group, 0).problem, results.length, group.length);
  }
  for (const [{ problem }, { value }, sample] of zip(group, results)) {
    if (!Number.isFinite(value)) throw rewardNotFinite(problem, sample, value);
  }
  return results;
}
