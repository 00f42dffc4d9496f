import * as z from 'zod';
import type { RewardShaping } from '../../core/contracts/reward-shaping.js';
import { definePlugin, provide } from '../../core/plugin/define.js';

export const overlongPenaltySettings = z.strictObject({
  bufferTokens: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Tokens before maxResponseTokens over which the penalty grows; null for a fifth of it, as DAPO has'),
  penalty: z.number().positive().default(1).describe('Taken off the reward of a response that fills maxResponseTokens'),
});

/**
 * A penalty that grows linearly over the last tokens before the limit, for a response of n tokens, limit L, buffer C:
 *
 *     reward − penalty · clip((n − (L − C)) / C, 0, 1)
 *
 * Source: soft overlong punishment of DAPO, Yu et al. 2025 (arXiv 2503.14476) eq. 13.
 */
export function createOverlongPenalty(settings: z.input<typeof overlongPenaltySettings> = {}): RewardShaping {
  const { bufferTokens, penalty } = overlongPenaltySettings.parse(settings);
  return {
    name: 'overlong-penalty',
    shape: (responses, { maxResponseTokens }) => {
      const buffer = Math.min(bufferTokens ?? Math.ceil(maxResponseTokens / 5), maxResponseTokens);
      const excess = (length: number): number =>
        Math.min(1, Math.max(0, (length - maxResponseTokens + buffer) / buffer));
      return responses.map(({ reward, length }) => ({ reward: reward - penalty * excess(length), inLoss: true }));
    },
  };
}

/**
 * Responses that were cut at the limit are in no loss: their reward says that they were long, not that they were wrong.
 * Source: overlong filtering of DAPO, arXiv 2503.14476 §3.4.
 */
export const createOverlongFilter = (): RewardShaping => ({
  name: 'overlong-filter',
  shape: (responses) => responses.map(({ reward, stopReason }) => ({ reward, inLoss: stopReason !== 'length' })),
});

export default definePlugin({
  name: 'reward-shaping',
  provides: [
    provide('rewardShaping', 'overlong-penalty', {
      description: 'Takes off more the nearer a response comes to the length limit (DAPO)',
      settings: overlongPenaltySettings,
      create: createOverlongPenalty,
    }),
    provide('rewardShaping', 'overlong-filter', {
      description: 'Leaves responses that were cut at the length limit out of the losses (DAPO)',
      settings: z.strictObject({}),
      create: createOverlongFilter,
    }),
  ],
});
