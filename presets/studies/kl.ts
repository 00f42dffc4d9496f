import { defineStudy } from '../../core/study/study.js';
import { labOutcomes, labPlots, paper } from './lab.js';

/** Figures 8 and 13 of the paper, with two coefficients, since it does not report them. */
export const kl = defineStudy({
  name: 'kl',
  title: 'KL to the base model',
  question: 'Does a KL term hold learning back, and does λ change that?',
  claim: {
    text:
      'Without KL benchmarks rise from 0.35 to 0.44; ' +
      'with a KL loss or penalty they stay near 0.30 and responses short',
    source: `${paper}, Figures 8 and 13; v2 Figure 3, middle`,
  },
  presets: ['orz-lab'],
  arms: [
    { name: 'no KL' },
    { name: 'loss, 0.01', settings: { kl: { type: 'loss', coefficient: 0.01 } } },
    { name: 'loss, 0.1', settings: { kl: { type: 'loss', coefficient: 0.1 } } },
    { name: 'penalty, 0.01', settings: { kl: { type: 'penalty', coefficient: 0.01 } } },
    { name: 'penalty, 0.1', settings: { kl: { type: 'penalty', coefficient: 0.1 } } },
    {
      name: 'penalty, 0.1, λ = 0.95',
      settings: { kl: { type: 'penalty', coefficient: 0.1 }, advantage: { lambda: 0.95 } },
    },
  ],
  seeds: [1, 2, 3, 4, 5],
  outcomes: labOutcomes,
  plots: labPlots,
});
