import { OrzError } from '../errors.js';
import type { DecoderConfig } from '../nn/config.js';
import { countParameters, decoderParameters } from '../nn/parameters.js';
import type { RunConfig } from './schema.js';

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
}

/** Bytes by purpose, all numbers held as f32. */
export interface MemoryPlan {
  readonly weights: number;
  readonly moments: number;
  /** Of the model being trained; policy and critic are trained in turn. */
  readonly gradients: number;
  /** Of one micro-batch: states between blocks, one block computed again, one chunk of logits. */
  readonly activations: number;
  /** Keys and values of the sequences decoded together, at their longest. */
  readonly cache: number;
  /** Weights and moments, with whichever is larger: gradients and activations, or the cache. */
  readonly peak: number;
}

/** What a run will do and need, known before anything loads. */
export interface RunPlan {
  readonly iterations: number;
  readonly promptsPerIteration: number;
  readonly responsesPerIteration: number;
  readonly policyUpdates: number;
  readonly criticUpdates: number;
  /** Upper bound: every prompt and response at its longest. */
  readonly maxTokensPerIteration: number;
  readonly parameters?: { readonly policy: number; readonly critic: number; readonly reference: number };
  /** Only for an engine that holds the models in this process. An estimate: the device's own needs come on top. */
  readonly memory?: MemoryPlan;
}

/** Sizes a run; pure arithmetic. */
export function planRun(request: PlanRequest): RunPlan {
  const { config, architecture } = request;
  const responses = config.rolloutBatchSize * config.samplesPerPrompt;
  const plan: RunPlan = {
    iterations: config.iterations,
    promptsPerIteration: config.rolloutBatchSize,
    responsesPerIteration: responses,
    policyUpdates: config.iterations * config.policyUpdateSteps,
    criticUpdates: request.critic ? config.iterations * config.criticUpdateSteps : 0,
    maxTokensPerIteration: responses * (config.maxPromptTokens + config.maxResponseTokens),
  };
  if (!architecture) return plan;
  const policy = countParameters(decoderParameters(architecture, 'language'));
  const parameters = {
    policy,
    critic: request.critic ? countParameters(decoderParameters(architecture, 'value')) : 0,
    reference: request.reference ? policy : 0,
  };
  const memory = planMemory({ ...request, architecture }, parameters);
  return { ...plan, parameters, ...(memory && { memory }) };
}

/** Logits exist only for a chunk of tokens at a time. */
const logitChunkBytes = 256 * 2 ** 20;
const bytesPerNumber = 4;

function planMemory(request: PlanRequest & { architecture: DecoderConfig }, parameters: NonNullable<RunPlan['parameters']>): MemoryPlan | undefined {
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
  return { weights, moments, gradients, activations, cache, peak: weights + moments + Math.max(gradients + activations, cache) };
}

/** Gradient checkpointing at block grain; each value inside a block has its gradient beside it. */
function activationBytes(a: DecoderConfig, tokens: number, longest: number): number {
  const borders = (a.layers + 1) * a.hiddenSize;
  const attention = (2 * a.heads + 2 * a.kvHeads) * a.headDim + 2 * a.heads * longest;
  const inside = 4 * a.hiddenSize + attention + 4 * a.intermediateSize;
  const logits = Math.min(logitChunkBytes, bytesPerNumber * tokens * a.vocabSize);
  return bytesPerNumber * tokens * (borders + 2 * inside) + 2 * logits;
}

/**
 * Throws ORZ_INSUFFICIENT when the planned memory exceeds what there is, saying by how much and what would fit. `where`
 * names the memory, for example `memory of this machine`.
 */
export function requireMemory(plan: RunPlan, available: { readonly bytes: number; readonly where: string }): void {
  const { memory, parameters } = plan;
  if (!memory || !parameters || memory.peak <= available.bytes) return;
  const needs = (['weights', 'moments', 'gradients', 'activations', 'cache'] as const).map((name) => `${name} ${formatBytes(memory[name])}`);
  const models = memory.weights + memory.moments + memory.gradients;
  const wouldFit = models < available.bytes
    ? 'The models fit; lower engine.maxSlots for less cache and maxResponseTokens for less of the rest'
    : `The models alone take ${formatBytes(models)}; up to about ${formatCount((available.bytes * parameters.policy) / models)} parameters could fit: choose a smaller preset (orz-train presets)`;
  throw new OrzError('ORZ_INSUFFICIENT', `This run needs about ${formatBytes(memory.peak)} (${needs.join(', ')}), ${formatBytes(memory.peak - available.bytes)} more than there is`, {
    value: formatBytes(memory.peak),
    allowed: `at most ${formatBytes(available.bytes)}`,
    origin: available.where,
    remedy: `${wouldFit}. Or use a machine with ${formatBytes(memory.peak)} of memory, or an engine on a cluster.`,
  });
}

/** For people: `14.2 GB`, in powers of 1000. */
export const formatBytes = (bytes: number): string => scaled(bytes, ['B', 'kB', 'MB', 'GB', 'TB', 'PB']);

/** For people: `494 M`. */
export const formatCount = (count: number): string => scaled(count, ['', 'k', 'M', 'B', 'T']).trim();

function scaled(value: number, units: readonly string[]): string {
  const step = Math.min(Math.max(Math.floor(Math.log10(Math.max(value, 1)) / 3), 0), units.length - 1);
  const shown = value / 1000 ** step;
  return `${shown >= 100 || step === 0 ? Math.round(shown) : Number(shown.toPrecision(3))} ${units[step]}`;
}

/** The plan as label and value, for printing. */
export function describePlan(plan: RunPlan): [label: string, value: string][] {
  const { parameters, memory } = plan;
  const models = parameters && Object.entries(parameters).filter(([, count]) => count > 0).map(([role, count]) => `${role} ${formatCount(count)}`);
  return [
    ['iterations', String(plan.iterations)],
    ['per iteration', `${plan.promptsPerIteration} prompts, ${plan.responsesPerIteration} responses, at most ${formatCount(plan.maxTokensPerIteration)} tokens`],
    ['updates', `policy ${plan.policyUpdates}, critic ${plan.criticUpdates}`],
    ...(models ? [['parameters', models.join(', ')] as [string, string]] : []),
    ...(memory ? [['memory', `about ${formatBytes(memory.peak)}: ${Object.entries(memory).filter(([name]) => name !== 'peak').map(([name, bytes]) => `${name} ${formatBytes(bytes as number)}`).join(', ')}`] as [string, string]] : []),
  ];
}
