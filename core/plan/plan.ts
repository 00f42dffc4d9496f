import { countParameters, decoderParameters } from '../compute/nn/parameters.js';
import { planMemory } from './memory.js';
import { planOperations } from './operations.js';
import type { PlanRequest, RunPlan } from './types.js';
import { planWire } from './wire.js';

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
    ...(memory ? { memory } : { wire: planWire(request) }),
  };
}
