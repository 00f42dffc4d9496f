import { defineStudy } from '../../core/study/study.js';
import { labOutcomes, labPlots, otherSets, paper } from './lab.js';

/** Figure 2 and Table 4 of the paper train four sizes; figures 4, 5 and 6 look at one of them. */
export const sizes = defineStudy({
  name: 'sizes',
  title: 'Model size, format, held-out sets and reflection',
  question: 'Does the recipe work at every size, and does format come by itself?',
  claim: {
    text:
      'Reward and length rise for all four sizes, the larger the higher; ' +
      '0.9 of the responses are well-formed within 25 iterations without a format reward',
    source: `${paper}, Figures 2, 4, 5, 6 and Table 4`,
  },
  presets: ['orz-lab'],
  arms: [
    { name: 'width 96' },
    { name: 'width 64', settings: { model: { hiddenSize: 64, heads: 2, intermediateSize: 160 } } },
    { name: 'width 48', settings: { model: { hiddenSize: 48, intermediateSize: 128 } } },
    { name: 'width 128', settings: { model: { hiddenSize: 128, heads: 4, intermediateSize: 352 } } },
  ],
  seeds: [1, 2, 3, 4, 5],
  outcomes: [
    ...labOutcomes,
    ...otherSets,
    { metric: 'formatShare', label: 'well-formed share', at: { lastIterations: 3 } },
    { metric: 'reflectionShare', label: 'reflective share', at: { lastIterations: 3 } },
  ],
  plots: [...labPlots, 'formatShare', 'reflectionShare', 'reflectiveCorrectLength'],
});
