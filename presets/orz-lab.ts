import { definePreset } from '../core/config/preset.js';

const sizing = 'this project: docs/paper.md';

/**
 * The recipe of {@link base} where thinking is long: answers of some 110 tokens, so that the ablations of the paper
 * show what they do. Only sizes and rates differ.
 */
export const orzLab = definePreset({
  name: 'orz-lab',
  description: 'The laboratory of the ablations: long chains of additions, whose worked answers have some 110 tokens',
  extends: 'orz-base',
  values: {
    model: 'chain-base',
    data: 'chain',
    iterations: 12,
    rolloutBatchSize: 16,
    samplesPerPrompt: 16,
    maxPromptTokens: 64,
    maxResponseTokens: 160,
    policyLearningRate: 5e-4,
    criticLearningRate: 2e-3,
    policyWarmupSteps: 2,
    criticWarmupSteps: 24,
    lossAggregation: 'token-mean',
    evaluation: { every: 12, problems: 512, periodicProblems: 256 },
    checkpoint: { every: 12 },
  },
  sources: {
    model: sizing,
    data: sizing,
    iterations: sizing,
    rolloutBatchSize: sizing,
    samplesPerPrompt: sizing,
    maxPromptTokens: 'this project: the longest prompt of the task with room to spare',
    maxResponseTokens: 'this project: the longest worked answer of any held-out set with room to spare',
    policyLearningRate: 'this project: as orz-tiny',
    criticLearningRate: 'this project: as orz-tiny',
    policyWarmupSteps: 'this project: 2 iterations',
    criticWarmupSteps: 'this project: 2 iterations of 12 steps',
    lossAggregation: 'this project: independent of packing',
    evaluation: 'this project: before and after; sampling error of the reward about 0.02 with 512 problems',
    checkpoint: 'this project',
  },
});
