import { defineStudy } from '../../core/study/study.js';
import { labOutcomes, labPlots, paper } from './lab.js';

/** Figure 14 of the paper. */
export const temperature = defineStudy({
  name: 'temperature',
  title: 'Sampling temperature',
  question: 'Does the temperature of sampling matter?',
  claim: {
    text: 'All arms converge to about 0.8 by iteration 150; T = 1.2 starts lower',
    source: `${paper}, Figure 14`,
  },
  presets: ['orz-lab'],
  arms: [
    { name: 'T = 1' },
    { name: 'T = 0.6', settings: { temperature: 0.6 } },
    { name: 'T = 1.2', settings: { temperature: 1.2 } },
    { name: 'T = 0.6, top-p 0.95', settings: { temperature: 0.6, topP: 0.95 } },
  ],
  seeds: [1, 2, 3, 4, 5],
  outcomes: labOutcomes,
  plots: labPlots,
});
