import * as z from 'zod';
import { rewardToGo } from '../../core/recipe/token-rewards.js';
import type { Advantage } from '../../core/contracts/advantage.js';
import { definePlugin, provide } from '../../core/plugin/define.js';

/**
 * REINFORCE without a baseline, critic-free: the advantage of a token is the reward to go,
 *
 *     A_t = Σ_{s ≥ t} r_s
 *
 * the reward of the response less the KL penalties still to come. Source: Williams 1992, "Simple statistical
 * gradient-following algorithms". With `whitenAdvantages`, which takes off the mean over the batch and divides by its
 * standard deviation, and `kl: penalty` with k1 this is REINFORCE++, Hu et al. 2025 (arXiv 2501.03262). Without
 * whitening a reward of 0 or 1 only ever strengthens what was right.
 */
export const createReinforce = (): Advantage => ({
  name: 'reinforce',
  needsCritic: false,
  estimate: ({ tokenRewards }) => ({
    advantages: tokenRewards.map(rewardToGo),
    returns: tokenRewards.map(rewardToGo),
  }),
});

export default definePlugin({
  name: 'advantage-reinforce',
  provides: [
    provide('advantage', 'reinforce', {
      description: 'Reward to go without a baseline or critic; whitened, it is REINFORCE++',
      settings: z.strictObject({}),
      create: createReinforce,
    }),
  ],
});
