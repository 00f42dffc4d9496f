import { equal, sub, where } from '../compute/tensor/ops.js';
import type { Tensor } from '../compute/tensor/graph.js';
import type { LossTensors } from '../contracts/loss.js';

/**
 * Log of the ratio of the policy being trained to another distribution, per token: logprobs − `other`. It is 0 where
 * the weight is 0: padding may hold anything, and exp of it could overflow into 0 · ∞.
 */
export const logRatioTo = (other: Tensor, { weights, logprobs }: Pick<LossTensors, 'weights' | 'logprobs'>): Tensor =>
  where(equal(weights, 0), 0, sub(logprobs, other));
