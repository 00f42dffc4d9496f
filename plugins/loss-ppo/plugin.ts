import * as z from 'zod';
import type { Loss } from '../../core/contracts/loss.js';
import { definePlugin, provide } from '../../core/plugin/define.js';
import type { Tensor } from '../../core/compute/tensor/graph.js';
import {
  and,
  cast,
  clip,
  equal,
  exp,
  less,
  minimum,
  mul,
  neg,
  sub,
  sum,
  where,
} from '../../core/compute/tensor/ops.js';
import { logRatioTo } from '../../core/recipe/log-ratio.js';

export const ppoClipSettings = z.strictObject({
  clipEps: z
    .number()
    .positive()
    .lt(1)
    .default(0.2)
    .describe(
      'How far below 1, and above it too unless clipEpsHigh is set, the probability ratio may go; ORZ uses 0.2',
    ),
  clipEpsHigh: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('How far above 1 the ratio may go; null for clipEps, as in ORZ. DAPO uses 0.28 (clip-higher)'),
  dualClip: z
    .number()
    .gt(1)
    .nullable()
    .default(null)
    .describe('c: the loss of a token with advantage A < 0 is at most −c · A; null for no bound, as in ORZ'),
});

/**
 * The clipped surrogate of PPO as a loss, with ρ = exp(logprobs − oldLogprobs):
 *
 *     Σ w · −min(ρ A, clip(ρ, 1 − ε, 1 + ε_high) A)        with dual clip, for A < 0:  Σ w · −max(min(…), c A)
 *
 * Source: Schulman et al. 2017 (arXiv 1707.06347) eq. 7, ORZ paper eq. 1, which has ε_high = ε and no dual clip;
 * clip-higher DAPO, Yu et al. 2025 (arXiv 2503.14476) eq. 8; dual clip Ye et al. 2020 (arXiv 1912.09729). At ρ =
 * 1, so at ORZ's single policy step per rollout batch, the gradient is −w A ∇log π. Metrics, all Σ w · quantity:
 *
 * - `clipFraction`: ρ outside the range, whichever branch the minimum takes (as the reference counts).
 * - `dualClipFraction`: A < 0 and ρ > c, so that the token gets no gradient. Only with a dual clip.
 * - `approxKl`: ρ − 1 − log ρ, an estimate of KL(old policy ‖ policy), never negative.
 * - `ratioMean`: ρ.
 */
export function createPpoClip(settings: z.input<typeof ppoClipSettings> = {}): Loss {
  const { clipEps, clipEpsHigh, dualClip } = ppoClipSettings.parse(settings);
  return {
    name: 'ppo-clip',
    settings: { clipEps, ...(clipEpsHigh !== null && { clipEpsHigh }), ...(dualClip !== null && { dualClip }) },
    build(_g, t) {
      const { weights, advantages } = t;
      const logRatio = logRatioTo(t.oldLogprobs, t);
      const ratio = exp(logRatio);
      const clipped = clip(ratio, 1 - clipEps, 1 + (clipEpsHigh ?? clipEps));
      const weighted = (x: Tensor): Tensor => sum(mul(weights, x));
      const loss = neg(minimum(mul(ratio, advantages), mul(clipped, advantages)));
      const metrics = {
        clipFraction: weighted(sub(1, cast(equal(clipped, ratio), 'f32'))),
        approxKl: weighted(sub(sub(ratio, 1), logRatio)),
        ratioMean: weighted(ratio),
      };
      if (dualClip === null) return { loss: weighted(loss), metrics };
      const isWorse = less(advantages, 0);
      const bounded = where(isWorse, minimum(loss, mul(advantages, -dualClip)), loss);
      const dualClipFraction = weighted(cast(and(isWorse, less(dualClip, ratio)), 'f32'));
      return { loss: weighted(bounded), metrics: { ...metrics, dualClipFraction } };
    },
  };
}

export default definePlugin({
  name: 'loss-ppo',
  provides: [
    provide('policyLoss', 'ppo-clip', {
      description: 'The clipped surrogate of PPO (ORZ: clip 0.2), with clip-higher and dual clip on request',
      settings: ppoClipSettings,
      create: createPpoClip,
    }),
  ],
});
