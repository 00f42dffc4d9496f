import { defineStudy } from '../../core/study/study.js';
import { labOutcomes, labPlots } from './lab.js';

/** Not in the paper, which makes 12 updates and gives no reason. */
export const criticUpdates = defineStudy({
  name: 'critic-updates',
  title: 'Updates of the critic',
  question: 'How many updates of the critic does an iteration need?',
  presets: ['orz-lab'],
  arms: [
    { name: '12 updates' },
    { name: '4 updates', settings: { criticUpdateSteps: 4 } },
    { name: '1 update', settings: { criticUpdateSteps: 1 } },
  ],
  seeds: [1, 2, 3, 4, 5],
  outcomes: labOutcomes,
  plots: labPlots,
});
