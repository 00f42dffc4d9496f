import { definePreset } from '../../core/config/preset.js';

/**
 * What follows the 1,100 iterations of the 32B model: a new run from its policy, on the problems it finds hardest.
 * docs/data.md has the commands before it. In the paper AIME 2024 rises from about 41 to 48.
 */
export const annealing = definePreset({
  name: 'annealing',
  description:
    'A last run on problems with a pass rate below 4 of 64 (from orz-train mine), with a falling learning rate',
  changes: 'orz-32b',
  values: {
    dataFilters: { passRate: { max: 0.0625 } },
    iterations: 100,
    policyWarmupSteps: 0,
    policyDecaySteps: 100,
    policyFinalLearningRate: 3e-7,
  },
  sources: {
    dataFilters: 'paper §2.1.1: fewer than 4 of 64 right, about 13k of 129k problems',
    iterations: 'paper §3.1: 100 iterations',
    policyWarmupSteps: 'this project: the paper names none, and the rate is at its peak already',
    policyDecaySteps: 'paper §3.1: linear over these iterations, with one policy update each',
    policyFinalLearningRate: 'paper §3.1',
  },
});
