import * as z from 'zod';
import { zip } from '../../core/arrays.js';
import { gae } from '../../core/recipe/gae.js';
import type { Advantage } from '../../core/contracts/advantage.js';
import { definePlugin, provide } from '../../core/plugin/define.js';
import { missingValues } from './errors.js';

export const gaeSettings = z.strictObject({
  gamma: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('Discount per token; ORZ uses 1, smaller values shorten responses'),
  lambda: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('Trace decay: 1 trusts the reward alone, 0 the next value alone; ORZ uses 1'),
});

/** Generalised advantage estimation with a critic; formulas in core/recipe/gae.ts. */
export function createGae(settings: z.input<typeof gaeSettings> = {}): Advantage {
  const { gamma, lambda } = gaeSettings.parse(settings);
  return {
    name: 'gae',
    needsCritic: true,
    estimate({ tokenRewards, values }) {
      if (!values) throw missingValues();
      const estimates = [...zip(tokenRewards, values)].map(([rewards, row]) =>
        gae({ rewards, values: row, gamma, lambda }),
      );
      return { advantages: estimates.map((e) => e.advantages), returns: estimates.map((e) => e.returns) };
    },
  };
}

export default definePlugin({
  name: 'advantage-gae',
  provides: [
    provide('advantage', 'gae', {
      description: 'Generalised advantage estimation with a critic (ORZ: gamma = lambda = 1)',
      settings: gaeSettings,
      create: createGae,
    }),
  ],
});
