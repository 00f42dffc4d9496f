import { definePreset } from '../../core/config/preset.js';

export const remax = definePreset({
  name: 'remax',
  description: 'ReMax: the reward of the most probable response as baseline, without a critic',
  changes: 'orz-7b',
  values: {
    advantage: 'remax',
    criticUpdateSteps: 0,
    whitenAdvantages: false,
  },
  sources: {
    advantage: 'ReMax, arXiv 2310.10505 algorithm 1',
    criticUpdateSteps: 'this project: there is no critic',
    whitenAdvantages: 'ReMax: no normalisation',
  },
});
