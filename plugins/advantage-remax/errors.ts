import { OrzError } from '../../core/errors.js';

/** The batch of a run that samples no greedy responses. */
export const missingGreedyRewards = (): OrzError =>
  new OrzError(
    'ORZ_CAPABILITY',
    'The advantage "remax" needs the rewards of greedy responses, and the batch has none',
    {
      origin: 'advantage',
      remedy: 'Pass greedyRewards, or choose an advantage that compares samples: advantage=group.',
    },
  );
