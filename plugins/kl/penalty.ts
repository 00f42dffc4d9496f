import { klPerToken } from '../../core/recipe/kl.js';
import type { KlRegularizer } from '../../core/contracts/kl.js';
import { klPenaltySettings, type KlSettings } from './settings.js';

/**
 * KL as a penalty on the reward of each token, r_t ← r_t − coefficient · k(t), so that it passes through the advantage
 * estimator and the critic learns to predict it. Log-probabilities are those of the policy that collected the batch.
 *
 * Expected policy gradient of the penalty, for the three estimators (it sees k as a number, not as a function of the
 * weights):
 *
 * - k1: that of KL(policy ‖ reference), exactly. The penalty of RLHF since Ziegler et al. 2019 (arXiv 1909.08593).
 * - k2 and k3: of second order in the distance from the reference, so next to no pull while the two are close. k3
 *   measures the KL with less noise than k1, but that does not make it the better penalty; both are here to be compared
 *   with.
 *
 * Source: released code `compute_reward` with `use_kl_loss` off; for the gradients see docs/algorithms.md.
 */
export function createKlPenalty(settings: KlSettings = {}): KlRegularizer {
  const { coefficient, estimator } = klPenaltySettings.parse(settings);
  return {
    name: 'penalty',
    needsReference: true,
    settings: { coefficient, estimator },
    penalty: (logprobs, refLogprobs) => klPerToken(estimator, logprobs, refLogprobs).map((kl) => coefficient * kl),
  };
}
