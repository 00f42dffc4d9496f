import { defineStudy } from '../../core/study/study.js';
import { labOutcomes, labPlots } from './lab.js';

/** Not in the paper, which takes 64 responses to 128 prompts. */
export const groupSize = defineStudy({
  name: 'group-size',
  title: 'Responses per prompt',
  question: 'With 256 responses in all, how many should share a prompt?',
  presets: ['orz-lab'],
  arms: [
    { name: '16 × 16' },
    { name: '64 × 4', settings: { rolloutBatchSize: 64, samplesPerPrompt: 4 } },
    { name: '4 × 64', settings: { rolloutBatchSize: 4, samplesPerPrompt: 64 } },
  ],
  seeds: [1, 2, 3, 4, 5],
  outcomes: labOutcomes,
  plots: labPlots,
});
