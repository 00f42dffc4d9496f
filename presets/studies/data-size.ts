import { defineStudy } from '../../core/study/study.js';
import { labOutcomes, labPlots, paper } from './lab.js';

/** Figure 9 of the paper: 57,000 problems against the 7,500 of MATH. */
export const dataSize = defineStudy({
  name: 'data-size',
  title: 'Number of problems',
  question: 'Do few problems, seen again and again, do as well as many?',
  claim: {
    text: 'With 7,500 problems MATH500 peaks at 0.78 and falls; with 57,000 it reaches 0.82 and responses grow longer',
    source: `${paper}, Figure 9; v2 Figure 3, right`,
  },
  presets: ['orz-lab'],
  arms: [
    { name: 'endless' },
    { name: '64 problems', settings: { data: { trainProblems: 64 } } },
    { name: '16 problems', settings: { data: { trainProblems: 16 } } },
  ],
  seeds: [1, 2, 3, 4, 5],
  outcomes: labOutcomes,
  plots: labPlots,
});
