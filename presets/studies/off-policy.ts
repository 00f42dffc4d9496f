import { defineStudy } from '../../core/study/study.js';
import { labOutcomes, labPlots, paper } from './lab.js';

/** Figure 12 of the paper; its model and other settings are not named. */
export const offPolicy = defineStudy({
  name: 'off-policy',
  title: 'On-policy against off-policy',
  question: 'What do several policy updates on the same responses do?',
  claim: {
    text: 'Eight updates learn faster until iteration 30 and collapse after about 75; one update does not',
    source: `${paper}, Figure 12`,
  },
  presets: ['orz-lab'],
  arms: [{ name: '1 update' }, { name: '8 updates', settings: { policyUpdateSteps: 8 } }],
  seeds: [1, 2, 3, 4, 5],
  outcomes: labOutcomes,
  plots: labPlots,
});
