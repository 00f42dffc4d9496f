import { definePreset } from '../../core/config/preset.js';

export const cispo = definePreset({
  name: 'cispo',
  description: 'CISPO: the weight of a token is clipped, its gradient is kept; many steps per batch',
  changes: 'orz-7b',
  values: {
    advantage: { type: 'group', divideByStd: true },
    policyLoss: 'cispo',
    policyUpdateSteps: 16,
    criticUpdateSteps: 0,
    whitenAdvantages: false,
    lossAggregation: 'token-mean',
  },
  sources: {
    advantage: 'MiniMax-M1, arXiv 2506.13585 §3.1: as in GRPO',
    policyLoss: 'MiniMax-M1 §3.1: no lower bound, the upper one is not given; 5 is what TRL 1.16 recommends',
    policyUpdateSteps: 'MiniMax-M1 §3.1: 16 rounds of off-policy updates',
    criticUpdateSteps: 'this project: there is no critic',
    whitenAdvantages: 'MiniMax-M1: the group is the only normalisation',
    lossAggregation: 'MiniMax-M1 eq. 4: mean over the tokens of a group',
  },
});
