import type { Loss, LossInput } from './loss.js';
import type { Segment, WeightVersion } from './data.js';

/** One sequence: prompt then response. Scores and losses concern the policy's tokens of the response only. */
export interface Sequence {
  readonly tokens: Int32Array;
  /** At least 1: the first response token is predicted from the last prompt token. */
  readonly promptLength: number;
  /**
   * Who wrote the tokens after the prompt, in order; absent if all are the policy's. Tokens of an environment are read
   * like those of the prompt, and never predicted: no score and no loss knows them.
   */
  readonly segments?: readonly Segment[];
}

/** Per policy token of one sequence: log-probabilities and entropies of a policy, or values of a critic. */
export interface TokenScores {
  readonly logprobs?: Float32Array;
  /** Nats. Absent where the engine does not compute it. */
  readonly entropy?: Float32Array;
  readonly values?: Float32Array;
}

/** A sequence with what its loss needs, one number per policy token each. */
export interface TrainingSequence extends Sequence {
  readonly weights: Float32Array;
  readonly inputs: Readonly<Partial<Record<LossInput, Float32Array>>>;
}

export interface LossReport {
  /** Sum over all sequences. */
  readonly loss: number;
  /** Weighted sums named by the loss. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface StepOptions {
  readonly learningRate: number;
  /** Clip the gradient to this global L2 norm; Infinity to switch off. */
  readonly maxGradNorm: number;
}

export interface StepReport {
  /** Global L2 norm before clipping. */
  readonly gradNorm: number;
  readonly version: WeightVersion;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Called with the share of the work done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

export type ModelRole = 'policy' | 'critic' | 'reference';

export interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A tensor of a model, and how its numbers are stored there: a file that stores them so loses nothing. */
export interface StoredShape extends TensorShape {
  readonly dtype: 'f32' | 'bf16';
}

export interface NamedTensor extends TensorShape {
  readonly data: Float32Array;
}

/**
 * Weights and optimizer state of a model as tensors. An engine whose models have none keeps states itself: see
 * `EngineStates`.
 */
export interface ModelTensors {
  /** All parameters, in the order of `exportWeights`. */
  readonly weightShapes: readonly StoredShape[];
  /** Host copies of all parameters under their Hugging Face names, one at a time. */
  exportWeights(): AsyncIterable<NamedTensor>;
  /**
   * Replaces parameters; every parameter must come exactly once with its shape. The version rises, or becomes
   * `version`: the one these weights had when a checkpoint was made of them. Adapters start anew on these weights.
   */
  importWeights(tensors: AsyncIterable<NamedTensor> | Iterable<NamedTensor>, version?: WeightVersion): Promise<void>;
  /** What `exportOptimizer` gives, in its order. */
  readonly optimizerShapes: readonly StoredShape[];
  /**
   * Optimizer state for a checkpoint: moments of what is trained, named `<state>/<parameter>`, and the step count. With
   * adapters also these, named `parameter/<name>`: on the same base weights they make the model's.
   */
  exportOptimizer(): AsyncIterable<NamedTensor>;
  /** With adapters the weights change with it; their version rises, or becomes `version`. */
  importOptimizer(tensors: AsyncIterable<NamedTensor> | Iterable<NamedTensor>, version?: WeightVersion): Promise<void>;
  /** Forgets moments and step count, as for a fresh optimizer. */
  resetOptimizer(): void;
}

/**
 * A network on some engine. How sequences are packed, padded and cut into micro-batches is the engine's business and
 * never changes a result beyond rounding.
 */
export interface Model {
  readonly role: ModelRole;
  readonly version: WeightVersion;
  readonly parameterCount: number;
  /** Scores of every policy token, in the order of `sequences`. */
  forward(
    sequences: readonly Sequence[],
    options?: CallOptions & { readonly temperature?: number },
  ): Promise<TokenScores[]>;
  /**
   * Adds d(loss)/d(parameters) to the gradient accumulator. Calls add up until `step`; a call that throws clears it.
   */
  accumulate(
    sequences: readonly TrainingSequence[],
    loss: Loss,
    options?: CallOptions & { readonly temperature?: number },
  ): Promise<LossReport>;
  /**
   * One optimizer step with the accumulated gradient, which is then cleared. A non-finite gradient throws
   * ORZ_NOT_FINITE before any parameter changes; the gradient is cleared then too.
   */
  step(options: StepOptions): Promise<StepReport>;
  /** Weights and optimizer state in and out of this process; absent where they stay with the engine. */
  readonly tensors?: ModelTensors;
}
