import { definePreset } from '../../core/config/preset.js';

export const drGrpo = definePreset({
  name: 'dr-grpo',
  description: 'Dr. GRPO: GRPO without the bias of its two divisions, by length and by standard deviation',
  changes: 'orz-7b',
  values: {
    advantage: { type: 'group', divideByStd: false },
    criticUpdateSteps: 0,
    whitenAdvantages: false,
    lossAggregation: 'constant-length',
  },
  sources: {
    advantage: 'Dr. GRPO, arXiv 2503.20783 §3.2',
    criticUpdateSteps: 'this project: there is no critic',
    whitenAdvantages: 'Dr. GRPO: no division by a standard deviation',
    lossAggregation: 'Dr. GRPO §3.2: a constant in place of the length',
  },
});
