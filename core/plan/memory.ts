import { OrzError } from '../errors.js';
import type { DecoderConfig } from '../compute/nn/config.js';
import type { ParameterCounts, PlanRequest, RunPlan } from './plan.js';
import { formatBytes, formatCount } from './units.js';

/** Bytes by purpose, all numbers held as f32. */
export interface MemoryPlan {
  readonly weights: number;
  readonly moments: number;
  /** Of the model being trained; policy and critic are trained in turn. */
  readonly gradients: number;
  /** Of one micro-batch: states between blocks, one block computed again, one chunk of logits, and the largest result beside what it replaces. */
  readonly activations: number;
  /** Keys and values of the sequences decoded together, at their longest. */
  readonly cache: number;
  /** Weights and moments, with whichever is larger: gradients and activations, or the cache. */
  readonly peak: number;
}

/** Logits exist only for a chunk of tokens at a time. */
const logitChunkBytes = 256 * 2 ** 20;
const bytesPerNumber = 4;

/** Undefined for an engine that holds the models elsewhere. */
export function planMemory(
  request: PlanRequest & { readonly architecture: DecoderConfig },
  parameters: ParameterCounts,
): MemoryPlan | undefined {
  const { config, architecture: a } = request;
  const { microBatchTokens, maxSlots } = config.engine;
  // An engine without these settings holds the models elsewhere.
  if (typeof microBatchTokens !== 'number' || typeof maxSlots !== 'number') return undefined;
  const { policy, critic, reference } = parameters;
  const longest = config.maxPromptTokens + config.maxResponseTokens;
  const weights = bytesPerNumber * (policy + critic + reference);
  const moments = bytesPerNumber * request.optimizerStates * (policy + critic);
  const gradients = bytesPerNumber * Math.max(policy, critic);
  const activations = activationBytes(a, Math.max(microBatchTokens, longest), longest);
  const slots = Math.min(maxSlots, config.rolloutBatchSize * config.samplesPerPrompt);
  const cache = bytesPerNumber * slots * longest * a.layers * 2 * a.kvHeads * a.headDim;
  return {
    weights,
    moments,
    gradients,
    activations,
    cache,
    peak: weights + moments + Math.max(gradients + activations, cache),
  };
}

/**
 * Gradient checkpointing at block grain; each value inside a block has its gradient beside it. The gradient of the output matrix, the largest result of a
 * program, stands twice beside the accumulator it replaces: as ONNX Runtime made it, and as the copy that its Node binding hands out.
 */
function activationBytes(a: DecoderConfig, tokens: number, longest: number): number {
  const borders = (a.layers + 1) * a.hiddenSize;
  const attention = (2 * a.heads + 2 * a.kvHeads) * a.headDim + 2 * a.heads * longest;
  const inside = 4 * a.hiddenSize + attention + 4 * a.intermediateSize;
  const logits = Math.min(logitChunkBytes, bytesPerNumber * tokens * a.vocabSize);
  const largestResult = bytesPerNumber * a.vocabSize * a.hiddenSize;
  return bytesPerNumber * tokens * (borders + 2 * inside) + 2 * logits + 2 * largestResult;
}

/**
 * Throws ORZ_INSUFFICIENT when the planned memory exceeds what there is, saying by how much and what would fit. `where`
 * names the memory, for example `memory of this machine`; `settings` are those that would make it fit, if any do.
 */
export function requireMemory(
  plan: RunPlan,
  available: { readonly bytes: number; readonly where: string },
  settings?: string,
): void {
  const { memory, parameters } = plan;
  if (!memory || !parameters || memory.peak <= available.bytes) return;
  const needs = (['weights', 'moments', 'gradients', 'activations', 'cache'] as const).map(
    (name) => `${name} ${formatBytes(memory[name])}`,
  );
  const models = memory.weights + memory.moments + memory.gradients;
  const wouldFit =
    settings !== undefined
      ? settings
      : models < available.bytes
        ? 'The models fit; lower engine.maxSlots for less cache and maxResponseTokens for less of the rest'
        : `The models alone take ${formatBytes(models)}; up to about ${formatCount((available.bytes * parameters.policy) / models)} parameters could fit: choose a smaller preset (orz-train presets)`;
  throw new OrzError(
    'ORZ_INSUFFICIENT',
    `This run needs about ${formatBytes(memory.peak)} (${needs.join(', ')}), ${formatBytes(memory.peak - available.bytes)} more than there is`,
    {
      value: formatBytes(memory.peak),
      allowed: `at most ${formatBytes(available.bytes)}`,
      origin: available.where,
      remedy: `${wouldFit}. Or use a machine with ${formatBytes(memory.peak)} of memory, or an engine on a cluster.`,
    },
  );
}
