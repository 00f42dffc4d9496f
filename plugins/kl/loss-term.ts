import type { KlEstimator } from '../../core/recipe/kl.js';
import { logRatioTo } from '../../core/recipe/log-ratio.js';
import type { KlRegularizer } from '../../core/contracts/kl.js';
import type { Tensor } from '../../core/compute/tensor/graph.js';
import { add, exp, mul, neg, sub, sum } from '../../core/compute/tensor/ops.js';
import { klLossSettings, type KlSettings } from './settings.js';

/**
 * KL as a term of the policy loss: Σ w · coefficient · k(t), with ℓ = logprobs − refLogprobs under the weights being
 * trained.
 *
 * Differentiating an estimator of the KL is not estimating the gradient of the KL, because the tokens were drawn from
 * the policy itself and the draw is not differentiated. For tokens drawn from the policy, the expected gradient of each
 * term is:
 *
 * - k1, ∇log π: zero. It only adds noise; it is here to be compared with, not to be used.
 * - k2, ℓ · ∇log π: that of KL(policy ‖ reference), exactly.
 * - k3, (1 − e^{−ℓ}) · ∇log π: that of KL(reference ‖ policy), the other direction; near the reference the two agree to
 *   first order in ℓ. This is what ORZ's KL-loss ablation and GRPO compute.
 *
 * Source: released code `training_step` with `use_kl_loss` on; for the gradients see docs/algorithms.md.
 */
export function createKlLoss(settings: KlSettings = {}): KlRegularizer {
  const { coefficient, estimator } = klLossSettings.parse(settings);
  return {
    name: 'loss',
    needsReference: true,
    settings: { coefficient, estimator },
    loss: (_g, t) => mul(sum(mul(t.weights, estimates[estimator](logRatioTo(t.refLogprobs, t)))), coefficient),
  };
}

/** The formulas of core/recipe/kl.ts as graphs. */
const estimates: Readonly<Record<KlEstimator, (logRatio: Tensor) => Tensor>> = {
  k1: (logRatio) => logRatio,
  k2: (logRatio) => mul(mul(logRatio, logRatio), 0.5),
  k3: (logRatio) => add(sub(exp(neg(logRatio)), 1), logRatio),
};
