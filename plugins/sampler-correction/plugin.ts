import * as z from 'zod';
import type { SamplerCorrection } from '../../core/contracts/sampler-correction.js';
import { zip } from '../../core/arrays.js';
import { definePlugin, provide } from '../../core/plugin/define.js';

export const truncatedSettings = z.strictObject({
  cap: z.number().min(1).default(2).describe('Largest factor; a lower one has less variance and more bias'),
});

type TruncatedSettings = z.input<typeof truncatedSettings>;

/** Weighs nothing, where 0 would take the token out of the sums over its sequence too: GSPO's ratio would change. */
const leastFactor = 1e-20;

const truncated = (logRatio: number, cap: number): number => Math.max(leastFactor, Math.min(Math.exp(logRatio), cap));

/**
 * Truncated importance sampling per token: with π the policy that is trained and μ the sampler it was drawn by,
 *
 *     factor_t = min(π(token_t) / μ(token_t), cap)
 *
 * Source: Yao et al. 2025, "Your efficient RL framework secretly brings you off-policy RL training"; the truncation is
 * that of Ionides 2008, "Truncated importance sampling".
 */
export function createTokenCorrection(settings: TruncatedSettings = {}): SamplerCorrection {
  const { cap } = truncatedSettings.parse(settings);
  return {
    name: 'token',
    factors: (old, sampler) => Float32Array.from(zip(old, sampler), ([p, q]) => truncated(p - q, cap)),
  };
}

/**
 * The same for whole responses: min(Π_t π(token_t) / μ(token_t), cap) on every token. Unbiased but for the cap, where
 * the factor per token leaves out how likely the tokens before it were; its variance grows with the length.
 */
export function createSequenceCorrection(settings: TruncatedSettings = {}): SamplerCorrection {
  const { cap } = truncatedSettings.parse(settings);
  return {
    name: 'sequence',
    factors: (old, sampler) => {
      const logRatio = Array.from(zip(old, sampler), ([p, q]) => p - q).reduce((sum, x) => sum + x, 0);
      return new Float32Array(old.length).fill(truncated(logRatio, cap));
    },
  };
}

export default definePlugin({
  name: 'sampler-correction',
  provides: [
    provide('samplerCorrection', 'token', {
      description: 'Truncated importance sampling, a factor per token',
      settings: truncatedSettings,
      create: createTokenCorrection,
    }),
    provide('samplerCorrection', 'sequence', {
      description: 'Truncated importance sampling, a factor per response',
      settings: truncatedSettings,
      create: createSequenceCorrection,
    }),
  ],
});
