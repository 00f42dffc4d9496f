import { defineStudy } from '../../core/study/study.js';
import { labOutcomes, labPlots, otherSets, paper } from './lab.js';

/** Figure 11 of the paper mixes in Chinese problems; here they are in capital letters. */
export const secondNotation = defineStudy({
  name: 'second-notation',
  title: 'A second notation mixed in',
  question: 'Does mixing in a second notation cost anything, and does it help in that notation?',
  claim: {
    text: 'English alone learns better and more smoothly than English with Chinese over 100 iterations',
    source: `${paper}, Figure 11; v2 Figure 8`,
  },
  presets: ['orz-lab'],
  arms: [{ name: 'one notation' }, { name: 'half in the second', settings: { data: { capitalShare: 0.5 } } }],
  seeds: [1, 2, 3, 4, 5],
  outcomes: [...labOutcomes, ...otherSets],
  plots: labPlots,
});
