import type { DecoderConfig } from '../compute/nn/config.js';
import { roundLength } from '../compute/engine/packing.js';
import type { RunConfig } from '../config/schema.js';
import { typicalLengths } from './cluster-time.js';
import type { DiskPlan } from './disk.js';
import { forwardOperations } from './operations.js';
import { planRun } from './plan.js';
import type { PlanRequest } from './types.js';

/** Mean lengths of prompts and responses, in tokens. */
export interface Lengths {
  readonly promptTokens: number;
  readonly responseTokens: number;
}

/** One number for each trained model. */
export interface PerModel {
  readonly policy: number;
  /** 0 if there is none. */
  readonly critic: number;
}

/** How fast a device computes for one run, from a short measurement. */
export interface DeviceSpeed {
  /** Sequences decoded together. */
  readonly lanes: number;
  /** Seconds of a decoding step of all lanes, at one or two capacities of the cache. */
  readonly decode: readonly { readonly capacity: number; readonly seconds: number }[];
  /** Seconds per operation of a forward pass. */
  readonly score: PerModel;
  /** Seconds per operation of a forward pass, for the gradients of the same sequences. */
  readonly train: PerModel;
  /** Seconds of an optimizer step per trained parameter. */
  readonly step: PerModel;
  /** Seconds that the first execution of the programs took beyond later ones. */
  readonly compile: number;
}

/** Seconds of a whole run, by what takes them. */
export interface RunTime {
  /** Making the base model, and compiling. */
  readonly start: number;
  readonly perIteration: number;
  /** Of all evaluations: before, during and after the run. */
  readonly evaluations: number;
  readonly checkpoints: number;
  readonly total: number;
}

/**
 * Bytes per second at which checkpoints are written, digests included. Those of orz-tiny, 4.9 MB, take 0.028 s
 * (docs/results.md); less, because other disks are slower.
 */
const checkpointSpeed = 100e6;
/** The cache has room for this many response tokens at first. */
const firstResponseTokens = 64;

/** What a run does at the lengths that are most likely, and where those come from. */
export function likelyLengths({ config, training }: PlanRequest): Lengths & { readonly source: string } {
  if (training) return { ...atMost(training, config), source: 'those that the base model learns from' };
  const { maxPromptTokens, maxResponseTokens } = typicalLengths(config);
  const source = "the mean of the authors' run, where the limits allow it";
  return { promptTokens: maxPromptTokens, responseTokens: maxResponseTokens, source };
}

const atMost = ({ promptTokens, responseTokens }: Lengths, config: RunConfig): Lengths => ({
  promptTokens: Math.min(promptTokens, config.maxPromptTokens),
  responseTokens: Math.min(responseTokens, config.maxResponseTokens),
});

export const longest = ({ maxPromptTokens, maxResponseTokens }: RunConfig): Lengths => ({
  promptTokens: maxPromptTokens,
  responseTokens: maxResponseTokens,
});

interface TimeRequest {
  readonly request: PlanRequest & { readonly architecture: DecoderConfig };
  readonly speed: DeviceSpeed;
  readonly lengths: Lengths;
  readonly disk?: DiskPlan | undefined;
}

/** Seconds of a run whose prompts and responses all have these lengths. */
export function planTime(time: TimeRequest): RunTime {
  const { config } = time.request;
  const start = time.speed.compile + baseTrainingSeconds(time);
  const perIteration = iterationSeconds(time);
  const evaluations = evaluationSeconds(time);
  const saved = Math.floor((config.iterations - 1) / config.checkpoint.every) + 1;
  const checkpoints = (saved * (time.disk?.checkpoint ?? 0)) / checkpointSpeed;
  return {
    start,
    perIteration,
    evaluations,
    checkpoints,
    total: start + config.iterations * perIteration + evaluations + checkpoints,
  };
}

function iterationSeconds({ request, speed, lengths }: TimeRequest): number {
  const { config, reference } = request;
  const responses = config.rolloutBatchSize * config.samplesPerPrompt;
  const operations = passOperations(request.architecture, responses, lengths);
  const { policy, critic } = trainedParameters(request);
  const policyPasses = (config.policyScorePass ? 1 : 0) + (reference ? 1 : 0);
  const score = speed.score.policy * operations.policy * policyPasses + speed.score.critic * operations.critic;
  const gradients = speed.train.policy * operations.policy + speed.train.critic * operations.critic;
  const steps =
    config.policyUpdateSteps * policy * speed.step.policy + config.criticUpdateSteps * critic * speed.step.critic;
  const sampling = samplingSeconds({ prompts: config.rolloutBatchSize, responses }, { request, speed, lengths });
  return sampling + score + gradients + steps;
}

/**
 * Held-out sets are not counted before the data are read: one of the configured size, with the most responses that any
 * set has, stands for all.
 */
function evaluationSeconds(time: TimeRequest): number {
  const { evaluation, iterations } = time.request.config;
  const during = evaluation.every === 0 ? 0 : Math.floor((iterations - 1) / evaluation.every);
  const samples = Math.max(evaluation.samples, ...Object.values(evaluation.sets).map((set) => set.samples ?? 1));
  const seconds = (problems: number): number =>
    samplingSeconds({ prompts: problems, responses: problems * samples }, time);
  return 2 * seconds(evaluation.problems) + during * seconds(evaluation.periodicProblems);
}

function baseTrainingSeconds({ request, speed }: TimeRequest): number {
  const { training, architecture } = request;
  if (training === undefined) return 0;
  const sequences = training.tokensPerStep / (training.promptTokens + training.responseTokens);
  const { policy } = passOperations(architecture, sequences, training);
  const parameters = planRun(request).parameters?.policy ?? 0;
  return training.steps * (policy * speed.train.policy + parameters * speed.step.policy);
}

/** Prompts are forward passes of the policy, once for all their samples; then one step after the other, in waves. */
function samplingSeconds(
  { prompts, responses }: { readonly prompts: number; readonly responses: number },
  { request, speed, lengths }: TimeRequest,
): number {
  const { config, architecture } = request;
  const { promptTokens, responseTokens } = lengths;
  const prefill = forwardOperations(architecture, prompts * promptTokens, promptTokens / 2, 0) * speed.score.policy;
  const waves = Math.max(1, responses / speed.lanes);
  let capacity = Math.min(maxCapacity(config), roundLength(promptTokens + firstResponseTokens));
  let seconds = 0;
  for (let token = 0; token < responseTokens;) {
    const end =
      promptTokens + responseTokens <= capacity ? responseTokens : Math.max(token + 1, capacity - promptTokens);
    seconds += (Math.min(end, responseTokens) - token) * stepSeconds(speed, capacity);
    token = end;
    if (token < responseTokens) capacity = Math.min(maxCapacity(config), roundLength(capacity * 2));
  }
  // Later waves meet the cache as large as the first one left it.
  return prefill + seconds + (waves - 1) * responseTokens * stepSeconds(speed, capacity);
}

/** Of the cache, for the longest sequence there can be. */
export const maxCapacity = ({ maxPromptTokens, maxResponseTokens }: RunConfig): number =>
  roundLength(maxPromptTokens + maxResponseTokens);

/** On the line through the two measured capacities; of one, its own. */
function stepSeconds({ decode }: DeviceSpeed, capacity: number): number {
  const [small, large] = decode;
  if (small === undefined) return 0;
  if (large === undefined) return small.seconds;
  const slope = Math.max(0, (large.seconds - small.seconds) / (large.capacity - small.capacity));
  return Math.max(small.seconds, small.seconds + slope * (capacity - small.capacity));
}

/** Operations of a forward pass of each model over sequences of these lengths. */
export function passOperations(a: DecoderConfig, sequences: number, lengths: Lengths): PerModel {
  const { promptTokens, responseTokens } = lengths;
  const tokens = promptTokens + responseTokens;
  const pass = (outputs: number): number =>
    forwardOperations(a, sequences * tokens, tokens / 2, sequences * responseTokens * outputs);
  return { policy: pass(a.vocabSize), critic: pass(1) };
}

/** Trained parameters of each model: what is not frozen, or those of the adapters, if there are any. */
export const trainedParameters = (request: PlanRequest): PerModel =>
  planRun(request).parameters?.trained ?? { policy: 0, critic: 0 };
