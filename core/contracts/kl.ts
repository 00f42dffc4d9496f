import type { Graph, Tensor } from '../compute/tensor/graph.js';
import type { LossTensors } from './loss.js';

/** How the policy is kept near a frozen reference, if at all. The reference model exists only if `needsReference`. */
export interface KlRegularizer {
  readonly name: string;
  readonly needsReference: boolean;
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  /** Amount subtracted from the reward of each token, from log-probabilities under the policy and the reference. */
  penalty?(logprobs: Float32Array, refLogprobs: Float32Array): Float32Array;
  /** Scalar Σ weights · coefficient · estimate, added to the policy loss. */
  loss?(g: Graph, t: LossTensors): Tensor;
}
