import * as z from 'zod';
import type { Loss } from '../../core/contracts/loss.js';
import { definePlugin, provide } from '../../core/plugin/define.js';
import type { Tensor } from '../../core/compute/tensor/graph.js';
import { cast, clip, equal, exp, minimum, mul, neg, sub, sum } from '../../core/compute/tensor/ops.js';
import { logRatioTo } from '../../core/recipe/log-ratio.js';

export const gspoSettings = z.strictObject({
  clipEps: z.number().positive().lt(1).default(3e-4).describe('How far below 1 the sequence ratio may go'),
  clipEpsHigh: z.number().positive().default(4e-4).describe('How far above 1 the sequence ratio may go'),
});

/**
 * GSPO: PPO with one ratio for a whole response y of T tokens, the geometric mean of those of its tokens, so that a
 * response is clipped as one:
 *
 *     s = (π(y) / π_old(y))^(1/T) = exp(mean_t(logprobs − oldLogprobs))
 *     Σ w · −min(s A, clip(s, 1 − ε, 1 + ε_high) A)
 *
 * Source: Zheng et al. 2025 (arXiv 2507.18071) eq. 5 and 7, the two ε §5.1; the average over responses of eq. 5 is
 * `lossAggregation: sequence-mean`. The gradient goes through s, so that every token of a response gets the same: where
 * a critic or a KL penalty makes their advantages differ, the mean of them decides. Metrics, all Σ w · quantity:
 *
 * - `clipFraction`: s outside the range.
 * - `approxKl`: ρ − 1 − log ρ with the ratio ρ of the token, an estimate of KL(old policy ‖ policy), never negative.
 * - `ratioMean`: s.
 */
export function createGspo(settings: z.input<typeof gspoSettings> = {}): Loss {
  const { clipEps, clipEpsHigh } = gspoSettings.parse(settings);
  return {
    name: 'gspo',
    settings: { clipEps, clipEpsHigh },
    build(_g, t) {
      const { weights, advantages } = t;
      const logRatio = logRatioTo(t.oldLogprobs, t);
      const ratio = exp(t.sequenceMean(logRatio));
      const clipped = clip(ratio, 1 - clipEps, 1 + clipEpsHigh);
      const weighted = (x: Tensor): Tensor => sum(mul(weights, x));
      return {
        loss: weighted(neg(minimum(mul(ratio, advantages), mul(clipped, advantages)))),
        metrics: {
          clipFraction: weighted(sub(1, cast(equal(clipped, ratio), 'f32'))),
          approxKl: weighted(sub(sub(exp(logRatio), 1), logRatio)),
          ratioMean: weighted(ratio),
        },
      };
    },
  };
}

export default definePlugin({
  name: 'loss-gspo',
  provides: [
    provide('policyLoss', 'gspo', {
      description: 'The clipped surrogate with one probability ratio per response (GSPO)',
      settings: gspoSettings,
      create: createGspo,
    }),
  ],
});
