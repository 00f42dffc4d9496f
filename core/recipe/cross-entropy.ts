import type { Loss } from '../contracts/loss.js';
import { mul, neg, sum } from '../compute/tensor/ops.js';

/** Supervised learning: Σ w · −log p(token). */
export const crossEntropy: Loss = {
  name: 'cross-entropy',
  settings: {},
  build: (_g, t) => ({ loss: neg(sum(mul(t.weights, t.logprobs))) }),
};
