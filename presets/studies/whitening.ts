import { defineStudy } from '../../core/study/study.js';
import { labOutcomes, labPlots } from './lab.js';

/** Not in the paper. */
export const whitening = defineStudy({
  name: 'whitening',
  title: 'Whitening of advantages',
  question: 'Does whitening the advantages of a batch matter?',
  presets: ['orz-lab'],
  arms: [{ name: 'whitened' }, { name: 'as they are', settings: { whitenAdvantages: false } }],
  seeds: [1, 2, 3, 4, 5],
  outcomes: labOutcomes,
  plots: labPlots,
});
