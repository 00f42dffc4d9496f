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
  /**
   * Log-probability with which the sampler drew the token. It differs from `oldLogprobs` by rounding, and by more where
   * the sampler computes in another precision.
   */
  readonly samplerLogprobs: Tensor;
  readonly advantages: Tensor;
  /** 1 on every token of a response that was cut at the length limit, else 0. */
  readonly truncated: Tensor;
  /** Index of the problem within the batch, the same on all tokens of the responses to it. */
  readonly group: Tensor;
  /** Critic: V(state before the token) under the weights being trained. */
  readonly values: Tensor;
  /** Critic: the same when the batch was collected. */
  readonly oldValues: Tensor;
  readonly returns: Tensor;
  /**
   * The sum of `x` over the sequence that each token belongs to: over its tokens whose weight is not 0, so that neither
   * padding nor a token left out of the loss counts. [tokens] like everything here; differentiable. A sequence is never
   * divided between two programs, whatever its length.
   */
  sequenceSum(x: Tensor): Tensor;
  /** {@link sequenceSum} divided by the number of those tokens. */
  sequenceMean(x: Tensor): Tensor;
  /** A number of {@link Loss.controls}, the same on all tokens. */
  control(name: string): Tensor;
}

/** Numbers per token that come with a sequence; the others are computed by its network. */
export type LossInput =
  | 'oldLogprobs'
  | 'refLogprobs'
  | 'samplerLogprobs'
  | 'advantages'
  | 'truncated'
  | 'group'
  | 'oldValues'
  | 'returns'
  | `control:${string}`;

/**
 * Numbers that a loss changes from iteration to iteration, by name. They are inputs of its program, saved in
 * checkpoints and reported as metrics of the same names.
 */
export interface LossControls {
  /** In the first iteration. */
  readonly start: Readonly<Record<string, number>>;
  /** For the next iteration, from those of this one and from its metrics of the loss. Pure: a run must be resumable. */
  next(
    current: Readonly<Record<string, number>>,
    metrics: Readonly<Record<string, number>>,
  ): Readonly<Record<string, number>>;
}

export interface LossTerms {
  /** f32 scalar: Σ weights · loss per token. */
  readonly loss: Tensor;
  /** f32 scalars Σ weights · quantity, logged under their names (a clip fraction, an approximate KL). */
  readonly metrics?: Readonly<Record<string, Tensor>>;
}

/**
 * A loss is a graph function: a few lines that every backend runs and differentiates. It is built once before anything
 * heavy starts, so that a broken one fails at once.
 */
export interface Loss {
  readonly name: string;
  /** Plain numbers and strings that, with `name`, identify the loss to a remote engine and in the program cache. */
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  readonly controls?: LossControls;
  build(g: Graph, t: LossTensors): LossTerms;
}
