import * as z from 'zod';
import { groupAdvantage } from '../../core/recipe/group-advantage.js';
import type { Advantage } from '../../core/contracts/advantage.js';
import { definePlugin, provide } from '../../core/plugin/define.js';

export const rlooSettings = z.strictObject({});

/**
 * REINFORCE with the mean reward of the *other* samples of the prompt as baseline. For rollout i of a group of n:
 *
 *     A = R_i − Σ_{j ≠ i} R_j / (n − 1) = n / (n − 1) · (R_i − mean(R))
 *
 * the same for every token of the response, less the KL penalties still to come. Leaving the own reward out keeps the
 * policy gradient unbiased. Source: RLOO, Ahmadian et al. 2024 (arXiv 2402.14740) §2.3. Followed by whitening over the
 * step, with groups of one size, it equals the baseline variant of REINFORCE++ (Hu et al. 2025, arXiv 2501.03262),
 * which subtracts the group mean: the factor n / (n − 1) drops out.
 */
export function createRloo(): Advantage {
  return groupAdvantage('rloo', (reward, { mean, std, members }) =>
    std === 0 ? 0 : ((reward - mean) * members.length) / (members.length - 1),
  );
}

export default definePlugin({
  name: 'advantage-rloo',
  provides: [
    provide('advantage', 'rloo', {
      description:
        'Reward less the mean of the other samples of the prompt, without a critic (RLOO, REINFORCE++-baseline)',
      settings: rlooSettings,
      create: createRloo,
    }),
  ],
});
