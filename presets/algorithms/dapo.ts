import { definePreset } from '../../core/config/preset.js';

export const dapo = definePreset({
  name: 'dapo',
  description: 'DAPO: clip-higher, token mean, groups without signal replaced, a penalty for running over',
  changes: 'orz-7b',
  values: {
    groupFilter: 'signal',
    rewardShaping: 'overlong-penalty',
    advantage: { type: 'group', divideByStd: true },
    policyLoss: { type: 'ppo-clip', clipEps: 0.2, clipEpsHigh: 0.28 },
    policyUpdateSteps: 16,
    criticUpdateSteps: 0,
    whitenAdvantages: false,
    lossAggregation: 'token-mean',
  },
  sources: {
    groupFilter: 'DAPO, arXiv 2503.14476 §3.2; this project: at most four collections',
    rewardShaping: 'DAPO §3.4 and §4.1: a fifth of the limit, penalty 1',
    advantage: 'DAPO eq. 9',
    policyLoss: 'DAPO §3.1 and §4.1',
    policyUpdateSteps: 'DAPO §4.1: 16 gradient updates for each rollout step',
    criticUpdateSteps: 'this project: there is no critic',
    whitenAdvantages: 'DAPO: the group is the only normalisation',
    lossAggregation: 'DAPO §3.3',
  },
});
