import type { RewardPool } from '../../../core/contracts/reward-pool.js';
import type { RewardFactory } from '../../../core/contracts/reward.js';
import { createMathReward } from '../../../plugins/reward-math/plugin.js';
import { unknownReward } from '../errors.js';

/** The rewards of the page by type. A bundle cannot import a module by its address, as the pool of Node does. */
export const bundledRewards: ReadonlyMap<string, RewardFactory> = new Map([['math', createMathReward]]);

/**
 * Grades in the worker that trains. A bundled reward limits its own work by counting steps, so nothing has to be
 * interrupted. Throws ORZ_REWARD_WORKER for a type that is not bundled.
 */
export async function createBundledRewardPool(type: string, settings: unknown): Promise<RewardPool> {
  const createReward = bundledRewards.get(type);
  if (!createReward) throw unknownReward(type, [...bundledRewards.keys()]);
  const reward = await createReward(settings);
  return {
    grade: async (group) => reward.grade(group),
    stats: { timeouts: 0, crashes: 0, retries: 0 },
    dispose: async () => undefined,
  };
}
