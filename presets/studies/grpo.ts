import { defineStudy } from '../../core/study/study.js';
import { labOutcomes, paper } from './lab.js';

/** Figure 7 of the second version of the paper. */
export const grpo = defineStudy({
  name: 'grpo',
  title: 'PPO against GRPO',
  question: 'Does GRPO break where PPO does not?',
  claim: {
    text: 'GRPO breaks at about iteration 240: the reward drops, truncation and repetition rise; PPO stays low on both',
    source: `${paper} v2, Figure 7 and appendix C.1`,
  },
  presets: ['orz-lab'],
  settings: { iterations: 30, evaluation: { every: 30 }, checkpoint: { every: 30 } },
  arms: [{ name: 'PPO' }, { name: 'GRPO', presets: ['grpo'] }],
  seeds: [1, 2, 3, 4, 5],
  outcomes: [
    ...labOutcomes.slice(0, 2),
    { metric: 'repeatShare', label: 'repetitive share', at: { lastIterations: 3 } },
  ],
  plots: ['reward', 'responseLength', 'repeatShare', 'stopReasons/length'],
});
