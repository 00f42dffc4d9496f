import * as z from 'zod';
import type { Loss, LossTensors } from '../../core/contracts/loss.js';
import { definePlugin, provide } from '../../core/plugin/define.js';
import type { Tensor } from '../../core/compute/tensor/graph.js';
import { cast, clip, equal, exp, minimum, mul, neg, sub, sum, where } from '../../core/compute/tensor/ops.js';

export const ppoClipSettings = z.strictObject({
  clipEps: z
    .number()
    .positive()
    .lt(1)
    .default(0.2)
    .describe('Half-width of the range around 1 outside which the probability ratio is clipped; ORZ uses 0.2'),
});

/**
 * The clipped surrogate of PPO as a loss, with ρ = exp(logprobs − oldLogprobs):
 *
 *     Σ w · −min(ρ A, clip(ρ, 1 − ε, 1 + ε) A)
 *
 * Source: Schulman et al. 2017 (arXiv 1707.06347) eq. 7, ORZ paper eq. 1; symmetric, no dual clip. At ρ = 1, so at
 * ORZ's single policy step per rollout batch, the gradient is −w A ∇log π. Metrics, all Σ w · quantity:
 *
 * - `clipFraction`: ρ outside the range, whichever branch the minimum takes (as the reference counts).
 * - `approxKl`: ρ − 1 − log ρ, an estimate of KL(old policy ‖ policy), never negative.
 * - `ratioMean`: ρ.
 */
export function createPpoClip(settings: z.input<typeof ppoClipSettings> = {}): Loss {
  const { clipEps } = ppoClipSettings.parse(settings);
  return {
    name: 'ppo-clip',
    settings: { clipEps },
    build(_g, t) {
      const { weights, advantages } = t;
      const logRatio = logRatioOf(t);
      const ratio = exp(logRatio);
      const clipped = clip(ratio, 1 - clipEps, 1 + clipEps);
      const weighted = (x: Tensor): Tensor => sum(mul(weights, x));
      return {
        loss: weighted(neg(minimum(mul(ratio, advantages), mul(clipped, advantages)))),
        metrics: {
          clipFraction: weighted(sub(1, cast(equal(clipped, ratio), 'f32'))),
          approxKl: weighted(sub(sub(ratio, 1), logRatio)),
          ratioMean: weighted(ratio),
        },
      };
    },
  };
}

/** log ρ, and 0 where the weight is 0: padding may hold anything, and exp of it could overflow into 0 · ∞. */
const logRatioOf = ({ weights, logprobs, oldLogprobs }: LossTensors): Tensor =>
  where(equal(weights, 0), 0, sub(logprobs, oldLogprobs));

export default definePlugin({
  name: 'loss-ppo',
  provides: [
    provide('policyLoss', 'ppo-clip', {
      description: 'The clipped surrogate of PPO (ORZ: clip 0.2)',
      settings: ppoClipSettings,
      create: createPpoClip,
    }),
  ],
});
