import { elementAt, zip } from '../../arrays.js';
import { largestReward } from '../../boundary/contracts/rewards.js';
import { originOfPart } from '../../boundary/part.js';
import type { RewardResult, Rollout } from '../../contracts/data.js';
import type { RewardPool } from '../../contracts/reward-pool.js';
import type { GradableRollout } from '../../contracts/reward.js';
import { attributeFailure } from '../diagnostics/step-failure.js';
import { rewardNotFinite, rewardTooLarge, wrongResultCount } from './errors.js';

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
    async () => withStepRewards(group, checkResults(group, await rewards.grade(gradable), rewards)),
  );
}

const toGradable = ({ index, problem, text, stopReason, samplerLogprobs }: Rollout): GradableRollout => ({
  index,
  problem,
  text,
  stopReason,
  responseLength: samplerLogprobs.length,
});

/** A rollout's reward is the reward's value and what the environment gave on the way. */
const withStepRewards = (group: readonly Rollout[], results: readonly RewardResult[]): readonly RewardResult[] =>
  Array.from(zip(results, group), ([result, { stepRewards }]) =>
    stepRewards
      ? { ...result, value: result.value + stepRewards.reduce((sum, { reward }) => sum + reward, 0) }
      : result,
  );

function checkResults(
  group: readonly Rollout[],
  results: readonly RewardResult[],
  rewards: RewardPool,
): readonly RewardResult[] {
  const from = originOfPart(rewards, 'the reward');
  const { problem } = elementAt(group, 0);
  if (results.length !== group.length) throw wrongResultCount(problem, [results.length, group.length], from);
  for (const [sample, { value }] of results.entries()) {
    if (!Number.isFinite(value)) throw rewardNotFinite(problem, sample, { value, from });
    if (Math.abs(value) > largestReward) throw rewardTooLarge(problem, sample, { value, from });
  }
  return results;
}
