import { definePreset } from '../core/config/preset.js';

const sizing = 'this project: docs/results.md';

/**
 * The recipe of {@link base} on a model of some hundred thousand parameters that comes with the package; only sizes and
 * rates differ.
 */
export const orzTiny = definePreset({
  name: 'orz-tiny',
  description:
    'The whole recipe in minutes on a CPU, without any download: ' +
    'sums of one-digit numbers and a base model that comes with the package',
  extends: 'orz-base',
  values: {
    model: 'arithmetic-base',
    data: 'arithmetic',
    iterations: 50,
    rolloutBatchSize: 32,
    samplesPerPrompt: 16,
    maxPromptTokens: 24,
    maxResponseTokens: 48,
    policyLearningRate: 5e-4,
    criticLearningRate: 2e-3,
    policyWarmupSteps: 5,
    criticWarmupSteps: 60,
    lossAggregation: 'token-mean',
    evaluation: { every: 5, problems: 2048, periodicProblems: 512 },
    checkpoint: { every: 10 },
  },
  sources: {
    model: sizing,
    data: sizing,
    iterations: sizing,
    rolloutBatchSize: sizing,
    samplesPerPrompt: sizing,
    maxPromptTokens: 'this project: the longest prompt of the task with room to spare',
    maxResponseTokens: 'this project: the longest worked answer with room to spare',
    policyLearningRate: 'this project: small models take larger steps; docs/results.md',
    criticLearningRate: 'this project: 4 times the policy, near the 5 times of the recipe',
    policyWarmupSteps: 'this project: 5 iterations',
    criticWarmupSteps: 'this project: 5 iterations of 12 steps',
    lossAggregation: 'this project: independent of packing',
    evaluation: 'this project: sampling error of the reward about 0.01 with 2048 problems',
    checkpoint: 'this project',
  },
});
