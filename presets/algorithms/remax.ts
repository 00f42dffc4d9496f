import { definePreset } from '../../core/config/preset.js';

export const remax = definePreset({
  name: 'remax',
  description: 'ReMax: the reward of the most probable response as baseline, without a critic',
  changes: 'orz-7b',
  values: {
    advantage: 'remax',
    criticUpdateSteps: 0,
    whitenAdvantages: false,
    lossAggregation: 'constant-length',
  },
  sources: {
    advantage: 'ReMax, arXiv 2310.10505 algorithm 1',
    criticUpdateSteps: 'this project: there is no critic',
    whitenAdvantages: 'ReMax: no normalisation',
    lossAggregation: 'ReMax algorithm 1: log-probabilities summed over a response; a constant scales the sum',
  },
});
