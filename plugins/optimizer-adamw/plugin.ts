import * as z from 'zod';
import type { Optimizer } from '../../core/contracts/optimizer.js';
import { definePlugin, provide } from '../../core/plugin/define.js';
import { adamW } from '../../core/compute/tensor/ops.js';
import { missingState } from './errors.js';

export const adamWSettings = z.strictObject({
  beta1: z.number().min(0).lt(1).default(0.9).describe('Decay per step of the mean gradient'),
  beta2: z.number().min(0).lt(1).default(0.95).describe('Decay per step of the mean squared gradient; ORZ uses 0.95'),
  epsilon: z.number().positive().default(1e-8).describe('Added to the root of the mean squared gradient'),
  weightDecay: z
    .number()
    .min(0)
    .default(0)
    .describe('Share of each parameter removed per step, times the learning rate; ORZ uses 0'),
});

/**
 * AdamW with bias-corrected moments and decoupled weight decay, for step s = 1, 2, … and g = gradient · gradientScale:
 *
 *     m ← β1 m + (1 − β1) g        v ← β2 v + (1 − β2) g²
 *     θ ← θ (1 − lr · weightDecay) − lr · (m / (1 − β1^s)) / (√(v / (1 − β2^s)) + ε)
 *
 * Source: Loshchilov & Hutter 2019 (arXiv 1711.05101) in the form of PyTorch; β and decay from the ORZ paper §3.1.
 * Decay applies to every parameter, norms and biases included (moot at the recipe's 0).
 */
export function createAdamW(settings: z.input<typeof adamWSettings> = {}): Optimizer {
  const checked = adamWSettings.parse(settings);
  return {
    name: 'adamw',
    settings: checked,
    state: ['m', 'v'],
    build(_g, { parameter, gradient, state, learningRate, step, gradientScale }) {
      const { m, v } = state;
      if (!m || !v) throw missingState(Object.keys(state));
      const next = adamW({ parameter, gradient, m, v, learningRate, step, gradientScale }, checked);
      return { parameter: next.parameter, state: { m: next.m, v: next.v } };
    },
  };
}

export default definePlugin({
  name: 'optimizer-adamw',
  provides: [
    provide('optimizer', 'adamw', {
      description: 'AdamW with decoupled weight decay (ORZ: betas 0.9 and 0.95, no decay)',
      settings: adamWSettings,
      create: createAdamW,
    }),
  ],
});
