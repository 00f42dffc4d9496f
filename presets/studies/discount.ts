import { defineStudy } from '../../core/study/study.js';
import { labOutcomes, labPlots, paper } from './lab.js';

/** Section 3.3 of the paper, which gives neither values nor a curve. */
export const discount = defineStudy({
  name: 'discount',
  title: 'Discount γ',
  question: 'Does a discount shorten responses?',
  claim: {
    text: 'A discount below 1 shortens responses and makes results worse',
    source: `${paper}, section 3.3`,
  },
  presets: ['orz-lab'],
  arms: [{ name: 'γ = 1' }, { name: 'γ = 0.99', settings: { advantage: { gamma: 0.99 } } }],
  seeds: [1, 2, 3, 4, 5],
  outcomes: labOutcomes,
  plots: labPlots,
});
