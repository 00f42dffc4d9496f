import * as z from 'zod';
import { mul, neg, sum } from '../../core/compute/tensor/ops.js';
import type { EntropyTerm } from '../../core/contracts/entropy.js';
import { definePlugin, provide } from '../../core/plugin/define.js';

export const bonusSettings = z.strictObject({
  coefficient: z.number().positive().default(0.001).describe('Weight of the mean entropy in nats'),
});

export const adaptiveSettings = z.strictObject({
  target: z.number().positive().default(0.2).describe('Mean entropy in nats below which the bonus grows'),
  start: z.number().min(0).default(0).describe('Weight of the entropy in the first iteration'),
  step: z.number().positive().default(0.005).describe('How much the weight changes from iteration to iteration'),
  max: z.number().positive().default(0.1).describe('Largest weight'),
});

/** −coefficient · Σ w · H, with H the entropy of the distribution that a token was drawn from (Mnih et al. 2016). */
export function createEntropyBonus(settings: z.input<typeof bonusSettings> = {}): EntropyTerm {
  const { coefficient } = bonusSettings.parse(settings);
  return {
    name: 'bonus',
    settings: { coefficient },
    loss: (_g, t) => ({ loss: mul(sum(mul(t.weights, t.entropy)), -coefficient) }),
  };
}

/**
 * A bonus that is as strong as it takes to hold the entropy: its weight rises by `step` after an iteration whose mean
 * entropy was below the target, and falls by it after any other, between 0 and `max`. Source: the adaptive entropy
 * control of Skywork-OR1, He et al. 2025 (arXiv 2505.22312), which in addition has no bonus at all while the entropy is
 * above the target. Metric: `entropyCoefficient`.
 */
export function createAdaptiveEntropy(settings: z.input<typeof adaptiveSettings> = {}): EntropyTerm {
  const { target, start, step, max } = adaptiveSettings.parse(settings);
  return {
    name: 'adaptive',
    settings: { target, start, step, max },
    controls: {
      start: { entropyCoefficient: Math.min(start, max) },
      next: ({ entropyCoefficient = 0 }, { entropy = target }) => {
        const moved = entropyCoefficient + (entropy < target ? step : -step);
        return { entropyCoefficient: Math.min(max, Math.max(0, moved)) };
      },
    },
    loss: (_g, t) => ({ loss: neg(sum(mul(t.weights, mul(t.control('entropyCoefficient'), t.entropy)))) }),
  };
}

export default definePlugin({
  name: 'entropy',
  provides: [
    provide('entropy', 'bonus', {
      description: 'Entropy bonus of fixed weight',
      settings: bonusSettings,
      create: createEntropyBonus,
    }),
    provide('entropy', 'adaptive', {
      description: 'Entropy bonus whose weight rises while the entropy is below a target',
      settings: adaptiveSettings,
      create: createAdaptiveEntropy,
    }),
  ],
});
