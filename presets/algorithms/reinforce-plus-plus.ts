import { definePreset } from '../../core/config/preset.js';

/** Without the KL penalty of the paper: `--preset reinforce++ --preset kl-penalty` has one. */
export const reinforcePlusPlus = definePreset({
  name: 'reinforce++',
  description: 'REINFORCE++: no critic and no group; advantages are normalised over the batch',
  changes: 'orz-7b',
  values: {
    advantage: 'reinforce',
    criticUpdateSteps: 0,
    whitenAdvantages: true,
    lossAggregation: 'token-mean',
  },
  sources: {
    advantage: 'REINFORCE++, arXiv 2501.03262',
    criticUpdateSteps: 'this project: there is no critic',
    whitenAdvantages: 'REINFORCE++: normalised over the global batch',
    lossAggregation: 'this project: every token counts the same, as in the normalisation',
  },
});
