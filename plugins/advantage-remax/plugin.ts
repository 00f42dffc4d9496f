import * as z from 'zod';
import { elementAt } from '../../core/arrays.js';
import { rewardToGo } from '../../core/recipe/token-rewards.js';
import type { Advantage } from '../../core/contracts/advantage.js';
import { definePlugin, provide } from '../../core/plugin/define.js';
import { missingGreedyRewards } from './errors.js';

/**
 * ReMax, critic-free: the reward less that of the greedy response ŷ to the same prompt,
 *
 *     A_t = Σ_{s ≥ t} r_s − R(ŷ)
 *
 * so that a response counts as good if it is better than the most probable one. It costs one more response per prompt,
 * which is in no loss. Source: Li et al. 2023 (arXiv 2310.10505) algorithm 1.
 */
export const createRemax = (): Advantage => ({
  name: 'remax',
  needsCritic: false,
  needsGreedyBaseline: true,
  estimate({ tokenRewards, greedyRewards }) {
    if (!greedyRewards) throw missingGreedyRewards();
    return {
      advantages: tokenRewards.map((row, b) => rewardToGo(row).map((toGo) => toGo - elementAt(greedyRewards, b))),
      returns: tokenRewards.map(rewardToGo),
    };
  },
});

export default definePlugin({
  name: 'advantage-remax',
  provides: [
    provide('advantage', 'remax', {
      description: 'Reward less that of the greedy response to the same prompt, without a critic (ReMax)',
      settings: z.strictObject({}),
      create: createRemax,
    }),
  ],
});
