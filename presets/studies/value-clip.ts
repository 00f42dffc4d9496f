import { defineStudy } from '../../core/study/study.js';
import { labOutcomes, labPlots } from './lab.js';

/** Not in the paper, whose value loss has no clip while its code has one. */
export const valueClip = defineStudy({
  name: 'value-clip',
  title: 'Clip of the value loss',
  question: 'Does the clip of the value loss matter?',
  presets: ['orz-lab'],
  arms: [{ name: 'clip 0.2' }, { name: 'no clip', settings: { valueLoss: { valueClipEps: null } } }],
  seeds: [1, 2, 3, 4, 5],
  outcomes: labOutcomes,
  plots: labPlots,
});
