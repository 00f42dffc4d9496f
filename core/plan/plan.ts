import type { DecoderConfig } from '../compute/nn/config.js';
import { adaptersOf, trainedParameters } from '../compute/nn/lora.js';
import { chosenParameters } from '../compute/nn/parameter-choices.js';
import { countParameters } from '../compute/nn/parameters.js';
import { parameterChoices } from '../config/schema.js';
import { planMemory } from './memory.js';
import { planOperations } from './operations.js';
import type { ParameterCounts, PlanRequest, RunPlan } from './types.js';
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
  const parameters = parameterCounts(request, architecture);
  const memory = planMemory({ ...request, architecture }, parameters);
  const operations = planOperations(request, architecture);
  return {
    ...plan,
    parameters,
    operations,
    ...(memory ? { memory } : { wire: planWire(request) }),
  };
}

/** Throws ORZ_CONFIG_INVALID if the rank of adapters or the number of frozen blocks exceeds what the model has. */
function parameterCounts({ config, critic, reference }: PlanRequest, architecture: DecoderConfig): ParameterCounts {
  const choices = parameterChoices(config);
  const language = chosenParameters(architecture, 'language', choices);
  const value = chosenParameters(architecture, 'value', choices);
  const { lora } = choices;
  const policy = countParameters(language);
  return {
    policy,
    critic: critic ? countParameters(value) : 0,
    reference: reference ? policy : 0,
    trained: {
      policy: countParameters(trainedParameters(language, lora)),
      critic: critic ? countParameters(trainedParameters(value, lora)) : 0,
    },
    ...(lora && { merged: countParameters(adaptersOf(language, lora).map(({ weight }) => weight)) }),
  };
}
