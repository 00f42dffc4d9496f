import * as z from 'zod';
import { groupAdvantage } from '../../core/recipe/group-advantage.js';
import type { Advantage } from '../../core/contracts/advantage.js';
import { definePlugin, provide } from '../../core/plugin/define.js';

export const groupSettings = z.strictObject({
  divideByStd: z
    .boolean()
    .default(true)
    .describe('Divide by the standard deviation of the group: true is GRPO, false what the released ORZ code computes'),
});

/**
 * Critic-free advantages relative to the group of samples of one prompt. For rollout i of a group with rewards R:
 *
 *     A = (R_i − mean(R)) / std(R)      or      A = R_i − mean(R)
 *
 * the same for every token of the response, less the KL penalties still to come if there are any. The standard
 * deviation is the population one, and a group of equal rewards gets zeros. Source: GRPO, Shao et al. 2024 (arXiv
 * 2402.03300) §4.1.2; without division Dr. GRPO, Liu et al. 2025 (arXiv 2503.20783). In the released ORZ code the
 * division is a no-op: an assignment expression binds the comparison `std > 0`, so scores are divided by True.
 */
export function createGroupAdvantage(settings: z.input<typeof groupSettings> = {}): Advantage {
  const { divideByStd } = groupSettings.parse(settings);
  return groupAdvantage('group', (reward, { mean, std }) => {
    if (!divideByStd) return reward - mean;
    return std === 0 ? 0 : (reward - mean) / std;
  });
}

export default definePlugin({
  name: 'advantage-group',
  provides: [
    provide('advantage', 'group', {
      description: 'Reward relative to the other samples of the prompt, without a critic (GRPO, Dr. GRPO)',
      settings: groupSettings,
      create: createGroupAdvantage,
    }),
  ],
});
