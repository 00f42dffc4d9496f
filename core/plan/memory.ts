import type { DecoderConfig } from '../compute/nn/config.js';
import { fitsFused, fusedBytes, numbersInBlock } from '../compute/nn/program-memory.js';
import { blockParameters, countParameters, decoderParameters, type StoredDType } from '../compute/nn/parameters.js';
import { parameterChoices } from '../config/schema.js';
import { insufficientMemory, type Advice, type AvailableMemory } from './errors.js';
import type { MemoryPlan, ParameterCounts, PlanRequest, RunPlan } from './types.js';

/** Logits exist only for a chunk of tokens at a time. */
const logitChunkBytes = 256 * 2 ** 20;
const bytesPerNumber = 4;
/** Of weights and moments. */
export const storedBytes: Readonly<Record<StoredDType, number>> = { f32: 4, bf16: 2 };
/**
 * Kept of a response token until the iteration ends: its id, alone and in the sequence; log-probabilities by sampler,
 * policy and reference; entropy, value, penalty, reward, raw and final advantage, return.
 */
const numbersPerToken = 12;

/** Undefined for an engine that holds the models elsewhere. */
export function planMemory(
  request: PlanRequest & { readonly architecture: DecoderConfig },
  parameters: ParameterCounts,
): MemoryPlan | undefined {
  const { config, architecture: a } = request;
  const { microBatchTokens, maxSlots } = config.engine;
  // An engine without these settings holds the models elsewhere.
  if (typeof microBatchTokens !== 'number' || typeof maxSlots !== 'number') return undefined;
  const { trained } = parameters;
  const { dtypes = { weights: 'f32', moments: 'f32' } } = parameterChoices(config);
  const sequence = config.maxPromptTokens + config.maxResponseTokens;
  const weights = weightBytes(parameters, storedBytes[dtypes.weights]);
  const moments = storedBytes[dtypes.moments] * request.optimizerStates * (trained.policy + trained.critic);
  const gradients = bytesPerNumber * (Math.max(trained.policy, trained.critic) + (parameters.merged ?? 0));
  const copies = dtypes.weights === 'bf16' ? copyBytes(a) : 0;
  const activations = activationBytes(a, Math.max(microBatchTokens, sequence), sequence) + copies;
  const count = config.rolloutBatchSize * config.samplesPerPrompt;
  const lanes = Math.min(maxSlots, count);
  const cache = bytesPerNumber * lanes * sequence * a.layers * 2 * a.kvHeads * a.headDim;
  const responses = bytesPerNumber * count * (config.maxPromptTokens + numbersPerToken * config.maxResponseTokens);
  return {
    weights,
    moments,
    gradients,
    activations,
    cache,
    responses,
    peak: weights + moments + responses + Math.max(gradients + activations, cache),
  };
}

/** With adapters all models stand on one copy of the base weights; merged weights and adapters are f32. */
function weightBytes({ policy, critic, reference, trained, merged }: ParameterCounts, stored: number): number {
  if (merged === undefined) return stored * (policy + critic + reference);
  return stored * policy + bytesPerNumber * (merged * (critic > 0 ? 2 : 1) + trained.policy + trained.critic);
}

/** What a program reads of stored bf16, as f32: at most a block or the output matrix at once. */
const copyBytes = (a: DecoderConfig): number =>
  bytesPerNumber * Math.max(countParameters(blockParameters(a)), a.vocabSize * a.hiddenSize);

/**
 * The larger of what the two ways to execute a network take: one program, where its budget allows that, and gradient
 * checkpointing per block, where each value inside a block has its gradient beside it. The gradient of the output
 * matrix, the largest result of a program, exists twice beside the accumulator it replaces: as ONNX Runtime made it,
 * and as the copy that its Node binding returns. `tokens` are those of the micro-batch, `sequence` the tokens of the
 * longest sequence.
 */
function activationBytes(a: DecoderConfig, tokens: number, sequence: number): number {
  const borders = (a.layers + 1) * a.hiddenSize;
  const logits = Math.min(logitChunkBytes, bytesPerNumber * tokens * a.vocabSize);
  const largestResult = bytesPerNumber * a.vocabSize * a.hiddenSize;
  const inBlocks =
    bytesPerNumber * tokens * (borders + 2 * numbersInBlock(a, sequence)) + 2 * logits + 2 * largestResult;
  const isFused = fitsFused(a, tokens, countParameters(decoderParameters(a, 'language')));
  return isFused ? Math.max(fusedBytes(a, tokens, sequence), inBlocks) : inBlocks;
}

/**
 * Throws ORZ_INSUFFICIENT when the planned memory exceeds what is available, saying by how much and what would fit.
 */
export function requireMemory(plan: RunPlan, available: AvailableMemory, advice: Advice = {}): void {
  const { memory, parameters } = plan;
  if (!memory || !parameters || available.needed <= available.bytes) return;
  throw insufficientMemory(memory, parameters, available, advice);
}
