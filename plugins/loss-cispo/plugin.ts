import * as z from 'zod';
import type { Loss } from '../../core/contracts/loss.js';
import { definePlugin, provide } from '../../core/plugin/define.js';
import type { Tensor } from '../../core/compute/tensor/graph.js';
import { cast, clip, equal, exp, mul, neg, stopGradient, sub, sum } from '../../core/compute/tensor/ops.js';
import { logRatioTo } from '../../core/recipe/log-ratio.js';

export const cispoSettings = z.strictObject({
  minRatio: z.number().min(0).max(1).default(0).describe('Lower bound of the factor of a token; 0 for none'),
  maxRatio: z.number().min(1).default(5).describe('Upper bound of the factor of a token; 1 + ε_high in the paper'),
});

/**
 * CISPO: the policy gradient with a bounded importance weight. Where PPO stops the gradient of a clipped token, it
 * still flows here. With ρ = exp(logprobs − oldLogprobs) and sg for a value whose gradient is stopped:
 *
 *     Σ w · −sg(clip(ρ, minRatio, maxRatio)) A · logprobs
 *
 * Source: MiniMax-M1, 2025 (arXiv 2506.13585) eq. 4 and 5, in effect without a lower bound; the paper tuned the upper
 * one and does not give it. 5 is what TRL 1.16 recommends, after ScaleRL, Khatri et al. 2025 (arXiv 2510.13786).
 * Metrics, all Σ w · quantity:
 *
 * - `clipFraction`: ρ outside the bounds.
 * - `approxKl`: ρ − 1 − log ρ, an estimate of KL(old policy ‖ policy), never negative.
 * - `ratioMean`: ρ.
 */
export function createCispo(settings: z.input<typeof cispoSettings> = {}): Loss {
  const { minRatio, maxRatio } = cispoSettings.parse(settings);
  return {
    name: 'cispo',
    settings: { minRatio, maxRatio },
    build(_g, t) {
      const logRatio = logRatioTo(t.oldLogprobs, t);
      const ratio = exp(logRatio);
      const clipped = clip(ratio, minRatio, maxRatio);
      const weighted = (x: Tensor): Tensor => sum(mul(t.weights, x));
      return {
        loss: weighted(neg(mul(mul(stopGradient(clipped), t.advantages), t.logprobs))),
        metrics: {
          clipFraction: weighted(sub(1, cast(equal(clipped, ratio), 'f32'))),
          approxKl: weighted(sub(sub(ratio, 1), logRatio)),
          ratioMean: weighted(ratio),
        },
      };
    },
  };
}

export default definePlugin({
  name: 'loss-cispo',
  provides: [
    provide('policyLoss', 'cispo', {
      description: 'The policy gradient with a bounded importance weight per token (CISPO)',
      settings: cispoSettings,
      create: createCispo,
    }),
  ],
});
