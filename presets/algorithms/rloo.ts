import { definePreset } from '../../core/config/preset.js';

export const rloo = definePreset({
  name: 'rloo',
  description: 'RLOO: the mean of the other responses to the prompt as baseline, without a critic',
  changes: 'orz-7b',
  values: {
    advantage: 'rloo',
    criticUpdateSteps: 0,
    whitenAdvantages: false,
    lossAggregation: 'constant-length',
  },
  sources: {
    advantage: 'RLOO, arXiv 2402.14740 §2.3',
    criticUpdateSteps: 'this project: there is no critic',
    whitenAdvantages: 'RLOO: no normalisation',
    lossAggregation: 'RLOO: a response is one action, so its log-probabilities are summed; a constant scales the sum',
  },
});
