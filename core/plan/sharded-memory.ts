import type { DecoderConfig } from '../compute/nn/config.js';
import { countParameters, decoderParameters } from '../compute/nn/parameters.js';
import { architectureNeeded } from './errors.js';
import type { PlanRequest } from './types.js';

/** Bytes on one GPU that trains the larger of policy and critic; the other model waits in the memory of the node. */
export interface ShardedMemory {
  /** Its share of master weights, moments and gradients, f32. */
  readonly states: number;
  /** Gathered for the moment: bf16 weights of two blocks and of both ends, and the largest gradient in f32. */
  readonly gathered: number;
  /** Of one sequence of the maximum length, bf16: states at block borders and one recomputed block. */
  readonly activations: number;
  /** Logits of that sequence and their gradient in bf16, and one chunk of them in f32. */
  readonly logits: number;
  readonly peak: number;
}

/** Positions whose log-probabilities SkyRL computes in f32 at once (`trainer.logprobs_chunk_size`, its default). */
const logitChunk = 1024;

/** Parameters of each model there will be. Throws if the architecture is not known. */
export function modelSizes(request: PlanRequest): { readonly policy: number; readonly critic: number } {
  const a = architectureOf(request);
  return {
    policy: countParameters(decoderParameters(a, 'language')),
    critic: request.critic ? countParameters(decoderParameters(a, 'value')) : 0,
  };
}

function architectureOf({ architecture }: PlanRequest): DecoderConfig {
  if (architecture === undefined) throw architectureNeeded();
  return architecture;
}

/**
 * Memory of one of `gpus` GPUs under FSDP2 with f32 master weights, bf16 computation, gradient checkpointing per block,
 * flash attention and a micro-batch of one sequence. Source: PyTorch's `fully_shard`, and skyrl 0.4.0,
 * `fsdp_strategy.py` and `model_wrapper.py`. An estimate: nothing of it was measured by this project.
 */
export function shardedMemory(request: PlanRequest, gpus: number): ShardedMemory {
  const a = architectureOf(request);
  const { policy, critic } = modelSizes(request);
  const { maxPromptTokens, maxResponseTokens } = request.config;
  const tokens = maxPromptTokens + maxResponseTokens;
  const end = a.vocabSize * a.hiddenSize;
  const block = (policy - 2 * end) / a.layers;
  const states = (4 * (2 + request.optimizerStates) * Math.max(policy, critic)) / gpus;
  const gathered = 2 * (2 * block + 2 * end) + 4 * Math.max(block, end);
  const inside = 4 * a.hiddenSize + (2 * a.heads + 2 * a.kvHeads) * a.headDim + 4 * a.intermediateSize;
  const activations = 2 * tokens * ((a.layers + 1) * a.hiddenSize + 2 * inside);
  const logits = a.vocabSize * (2 * 2 * tokens + 2 * 4 * Math.min(tokens, logitChunk));
  return { states, gathered, activations, logits, peak: states + gathered + activations + logits };
}
