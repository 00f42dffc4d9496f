import * as z from 'zod';
import { klEstimators, type KlEstimator } from '../../core/recipe/kl.js';

export const klNoneSettings = z.strictObject({});

/**
 * The paper gives no coefficients for its KL ablations; 0.01 is the released code's default for the penalty. That
 * default goes with k1; the scripts that switch to a KL loss switch to k3 in the same lines.
 */
const klSettings = (estimator: KlEstimator) =>
  z.strictObject({
    coefficient: z.number().positive().default(0.01).describe('Strength of the pull towards the reference model'),
    estimator: z
      .enum(klEstimators)
      .default(estimator)
      .describe('How KL(policy to reference) is estimated from one token: k1, k2 or k3'),
  });

export const klPenaltySettings = klSettings('k1');
export const klLossSettings = klSettings('k3');

export type KlSettings = z.input<typeof klPenaltySettings>;
