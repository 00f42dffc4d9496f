import type { DecoderConfig } from '../compute/nn/config.js';
import type { BaseTraining } from '../contracts/model-source.js';
import type { RunConfig } from '../config/schema.js';

/** What decides the size of a run beside its configuration. */
export interface PlanRequest {
  readonly config: RunConfig;
  /** Absent when the base model is not known before it loads; parameters and memory are then left out. */
  readonly architecture?: DecoderConfig;
  /** Which models there will be beside the policy. */
  readonly critic: boolean;
  readonly reference: boolean;
  /** State tensors per parameter of the optimizer, 2 for AdamW. */
  readonly optimizerStates: number;
  /** Of a base model that is made on the spot. */
  readonly training?: BaseTraining;
}

/** Of each model; 0 for one that there will not be. */
export interface ParameterCounts {
  readonly policy: number;
  readonly critic: number;
  readonly reference: number;
  /** Those of policy and critic that the optimizer changes: all, or what is not frozen, or what adapters have. */
  readonly trained: TrainedCounts;
  /** With adapters: the parameters of one model that are merged from them. */
  readonly merged?: number;
}

export interface TrainedCounts {
  readonly policy: number;
  readonly critic: number;
}

/** What a run will do and need, known before anything loads. */
export interface RunPlan {
  readonly iterations: number;
  readonly promptsPerIteration: number;
  readonly responsesPerIteration: number;
  readonly policyUpdates: number;
  readonly criticUpdates: number;
  /** Upper bound: every prompt and response of the maximum length. */
  readonly maxTokensPerIteration: number;
  readonly parameters?: ParameterCounts;
  /** Only for an engine that holds the models in this process. An estimate: the device's own needs come on top. */
  readonly memory?: MemoryPlan;
  readonly operations?: OperationsPlan;
  /** Only for an engine that holds the models elsewhere. */
  readonly wire?: WirePlan;
}

/** In the order in which they are shown. */
export const memoryPurposes = ['weights', 'moments', 'gradients', 'activations', 'cache', 'responses'] as const;

/** Bytes by purpose; numbers are f32, but weights and moments that are stored in bf16. */
export interface MemoryPlan {
  /** With adapters also these, beside one copy of the base weights and the merged weights of each trained model. */
  readonly weights: number;
  readonly moments: number;
  /** Of the model being trained; policy and critic are trained in turn. */
  readonly gradients: number;
  /**
   * Of one micro-batch: states at block borders, one recomputed block, one chunk of logits, and the largest result
   * beside what it replaces.
   */
  readonly activations: number;
  /** Keys and values of the sequences decoded together, each of the maximum length. */
  readonly cache: number;
  /** What the process keeps of the responses of one iteration: their tokens, and the numbers of each token. */
  readonly responses: number;
  /** Weights, moments and responses, with whichever is larger: gradients and activations, or the cache. */
  readonly peak: number;
}

/**
 * Upper bounds of the floating-point operations of one iteration, by phase: every prompt and response of the maximum
 * length. The arithmetic is in docs/plan.md.
 */
export interface OperationsPlan {
  /** One forward pass per prompt, one per response. */
  readonly sample: number;
  /** A forward pass of every model over every sequence. */
  readonly score: number;
  /** Forward, forward again from block borders (gradient checkpointing), and the backward pass of twice the work. */
  readonly critic: number;
  readonly policy: number;
  readonly total: number;
}

/** What the API of a remote engine carries in one iteration, for typical lengths and at most. */
export interface WirePlan {
  readonly typical: WireLoad;
  readonly max: WireLoad;
}

export interface WireLoad {
  /** Bytes between client and server, both directions, protobuf without compression. */
  readonly bytes: number;
  /** Seconds of the server's API process, which is a single one. */
  readonly serverSeconds: number;
  /** Bytes by which the server's database grows, unless finished rows are blanked. */
  readonly databaseBytes: number;
}
