import { definePreset } from '../../core/config/preset.js';

/** Without the KL term of the paper, whose weight is 0.04: `--preset grpo --preset kl-loss` has one. */
export const grpo = definePreset({
  name: 'grpo',
  description: 'GRPO: rewards relative to the group of one prompt, without a critic',
  changes: 'orz-7b',
  values: {
    advantage: { type: 'group', divideByStd: true },
    criticUpdateSteps: 0,
    whitenAdvantages: false,
    lossAggregation: 'sequence-mean',
  },
  sources: {
    advantage: 'GRPO, arXiv 2402.03300 §4.1.2',
    criticUpdateSteps: 'this project: there is no critic',
    whitenAdvantages: 'GRPO: the group is the only normalisation',
    lossAggregation: 'GRPO eq. 3: mean over the tokens of a response, then over responses',
  },
});
