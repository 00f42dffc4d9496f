import type { DecoderConfig } from '../compute/nn/config.js';
import { countParameters, decoderParameters } from '../compute/nn/parameters.js';
import type { RunConfig } from '../config/schema.js';
import { accelerators } from './devices.js';
import { planMemory, type MemoryPlan } from './memory.js';
import { planOperations, type OperationsPlan } from './operations.js';

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

/** Of each model; 0 for one that there will not be. */
export interface ParameterCounts {
  readonly policy: number;
  readonly critic: number;
  readonly reference: number;
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
  readonly parameters?: ParameterCounts;
  /** Only for an engine that holds the models in this process. An estimate: the device's own needs come on top. */
  readonly memory?: MemoryPlan;
  readonly operations?: OperationsPlan;
  /** For each known accelerator, how many of them hold the memory, and what their arithmetic alone takes. Only with `memory`. */
  readonly accelerators?: readonly AcceleratorPlan[];
}

/** Lower bounds: memory split evenly without loss, every unit busy at its published peak. */
export interface AcceleratorPlan {
  readonly name: string;
  readonly count: number;
  readonly secondsF32: number;
  readonly secondsBf16: number;
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
  const operations = planOperations(request, architecture);
  return {
    ...plan,
    parameters,
    operations,
    ...(memory && { memory, accelerators: planAccelerators(memory.peak, operations.total) }),
  };
}

const planAccelerators = (bytes: number, operations: number): AcceleratorPlan[] =>
  accelerators.map(({ name, memoryBytes, f32, bf16 }) => {
    const count = Math.ceil(bytes / memoryBytes);
    return { name, count, secondsF32: operations / (count * f32), secondsBf16: operations / (count * bf16) };
  });
