import type { Graph, Tensor } from '../compute/tensor/graph.js';

/**
 * Per-token tensors of one micro-batch, all f32 of one shape [tokens]. Entries that are not response tokens have weight
 * 0. Reading a field makes it an input of the program: a loss that never reads `entropy` does not pay for it, and one
 * that reads a field its model or batch does not have gets ORZ_CAPABILITY when the program is built.
 */
export interface LossTensors {
  /**
   * Weight of each token; the loss is a weighted sum, so every average is the caller's choice and accumulation is
   * exact.
   */
  readonly weights: Tensor;
  /** Policy: log-probability of the token under the weights being trained. */
  readonly logprobs: Tensor;
  /** Policy: entropy of the distribution the token was drawn from, in nats. */
  readonly entropy: Tensor;
  /** Policy: log-probability when the batch was collected. */
  readonly oldLogprobs: Tensor;
  /** Policy: log-probability under the frozen reference model. */
  readonly refLogprobs: Tensor;
  readonly advantages: Tensor;
  /** Critic: V(state before the token) under the weights being trained. */
  readonly values: Tensor;
  /** Critic: the same when the batch was collected. */
  readonly oldValues: Tensor;
  readonly returns: Tensor;
}

export type LossInput = Exclude<keyof LossTensors, 'weights' | 'logprobs' | 'entropy' | 'values'>;

export interface LossTerms {
  /** f32 scalar: Σ weights · loss per token. */
  readonly loss: Tensor;
  /** f32 scalars Σ weights · quantity, logged under their names (a clip fraction, an approximate KL). */
  readonly metrics?: Readonly<Record<string, Tensor>>;
}

/**
 * A loss is a graph function: a few lines that every backend runs and differentiates. An engine that knows only some
 * losses lists their names in its capabilities; others are then refused before the run starts.
 */
export interface Loss {
  readonly name: string;
  /** Plain numbers and strings that, with `name`, identify the loss to a remote engine and in the program cache. */
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  build(g: Graph, t: LossTensors): LossTerms;
}
