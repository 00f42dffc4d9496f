import { rewardPool } from '../../boundary/contracts/rewards.js';
import { attributing } from '../../boundary/guard.js';
import { partOf } from '../../boundary/part.js';
import type { RunConfig } from '../../config/schema.js';
import type { RunContainer } from '../../container/run-container.js';
import type { Platform } from '../../contracts/platform.js';
import type { RewardPool } from '../../contracts/reward-pool.js';
import type { RunEvents } from '../../contracts/run-events.js';

/** The parts of a run that a reward pool needs. */
export interface RewardPoolRequest {
  readonly config: RunConfig;
  /** With the reward started. */
  readonly container: RunContainer;
  readonly platform: Platform;
  readonly events: RunEvents;
}

/** The threads that grade with the reward of the run; what they answer is checked as the reward's. */
export async function openRewardPool({ config, container, platform, events }: RewardPoolRequest): Promise<RewardPool> {
  const reward = container.get('reward');
  const onIncident = (message: string): void => {
    events.log('warn', message);
  };
  const create = (): Promise<RewardPool> => platform.createRewardPool(reward, { ...config.grading, onIncident });
  const part = partOf(reward);
  const pool = await (part === undefined ? create() : attributing({ part, method: 'createReward' }, create));
  return container.guarded(rewardPool, pool, reward);
}
