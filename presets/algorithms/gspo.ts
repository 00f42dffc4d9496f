import { definePreset } from '../../core/config/preset.js';

export const gspo = definePreset({
  name: 'gspo',
  description: 'GSPO: one probability ratio per response, several steps per batch',
  changes: 'orz-7b',
  values: {
    advantage: { type: 'group', divideByStd: true },
    policyLoss: { type: 'gspo', clipEps: 3e-4, clipEpsHigh: 4e-4 },
    policyUpdateSteps: 4,
    criticUpdateSteps: 0,
    whitenAdvantages: false,
    lossAggregation: 'sequence-mean',
  },
  sources: {
    advantage: 'GSPO, arXiv 2507.18071 eq. 6',
    policyLoss: 'GSPO §5.1',
    policyUpdateSteps: 'GSPO §5.1: four mini-batches',
    criticUpdateSteps: 'this project: there is no critic',
    whitenAdvantages: 'GSPO: the group is the only normalisation',
    lossAggregation: 'GSPO eq. 5: mean over responses',
  },
});
