import type { RewardPool } from '../../../core/contracts/reward-pool.js';
import type { Reward, RewardFactory } from '../../../core/contracts/reward.js';
import { OrzError } from '../../../core/errors.js';
import createMathReward from '../../../plugins/reward-math/reward.js';

/** The rewards of the page by type. A bundle cannot import a module by its address, as the pool of Node does. */
export const bundledRewards: ReadonlyMap<string, RewardFactory> = new Map([['math', createMathReward]]);

/** Grades in the worker that trains. A bundled reward bounds its own work by counted steps, so there is nothing to interrupt. */
export async function createBundledRewardPool(type: string, settings: unknown): Promise<RewardPool> {
  const factory = bundledRewards.get(type);
  if (!factory)
    throw new OrzError('ORZ_REWARD_WORKER', `this page has no reward '${type}'`, {
      value: type,
      allowed: [...bundledRewards.keys()],
      origin: 'reward',
      remedy: 'Choose one of them.',
    });
  const reward: Reward = await factory(settings);
  return {
    grade: async (group) => reward.grade(group),
    stats: { timeouts: 0, crashes: 0, retries: 0 },
    dispose: async () => undefined,
  };
}
