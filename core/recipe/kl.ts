import { zip } from '../arrays.js';
import { requireSameLength } from './check.js';

/** Estimators of KL(policy ‖ reference) from one sampled token each. */
export const klEstimators = ['k1', 'k2', 'k3'] as const;
export type KlEstimator = (typeof klEstimators)[number];

/**
 * One token's contribution to KL(π ‖ π_ref), the token drawn from π, from ℓ = log π(token) − log π_ref(token).
 *
 *     k1 = ℓ                     unbiased, of either sign, high variance
 *     k2 = ℓ² / 2                biased, never negative
 *     k3 = e^{−ℓ} − 1 + ℓ        unbiased, never negative, low variance; what ORZ uses
 *
 * Positive ℓ means that the policy likes the token more than the reference does. Source: J. Schulman, "Approximating KL
 * divergence" (2020), written there with r = π_ref/π = e^{−ℓ}; released code `compute_approx_kl`, whose k3 flips the
 * sign of ℓ first.
 */
export function klOfLogRatio(estimator: KlEstimator, logRatio: number): number {
  switch (estimator) {
    case 'k1':
      return logRatio;
    case 'k2':
      return (logRatio * logRatio) / 2;
    case 'k3':
      return Math.expm1(-logRatio) + logRatio;
  }
}

/** {@link klOfLogRatio} for each response token, [T], from log-probabilities [T] of the policy and the reference. */
export function klPerToken(
  estimator: KlEstimator,
  logprobs: ArrayLike<number>,
  refLogprobs: ArrayLike<number>,
): Float32Array {
  requireSameLength('klPerToken', logprobs, refLogprobs);
  const pairs = zip(logprobs, refLogprobs);
  return Float32Array.from(pairs, ([logprob, refLogprob]) => klOfLogRatio(estimator, logprob - refLogprob));
}
