import { defineStudy } from '../../core/study/study.js';
import { labOutcomes, labPlots, paper } from './lab.js';

/** Figure 7 of the paper compares λ = 1 with λ = 0.95; 0.99 is between the two. */
export const gaeLambda = defineStudy({
  name: 'gae-lambda',
  title: 'λ of generalised advantage estimation',
  question: 'Does λ = 1 learn more, and keep longer responses, than a λ below 1?',
  claim: {
    text: 'With λ = 0.95 responses collapse to almost nothing by iteration 40, and the reward stays at or below 0.25',
    source: `${paper}, Figure 7; v2 Figure 3, left`,
  },
  presets: ['orz-lab'],
  arms: [
    { name: 'λ = 1' },
    { name: 'λ = 0.99', settings: { advantage: { lambda: 0.99 } } },
    { name: 'λ = 0.95', settings: { advantage: { lambda: 0.95 } } },
  ],
  seeds: [1, 2, 3, 4, 5],
  outcomes: labOutcomes,
  plots: labPlots,
});
