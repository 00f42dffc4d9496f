import { z } from 'zod';

/** What happens to a training problem that a filter finds. */
const actions = z.enum(['drop', 'keep', 'fail']);

/** What can be wrong with a training problem, in the order of the checks; a problem that is dropped is not checked further. */
export const filterNames = ['emptyAnswer', 'duplicate', 'overlap', 'promptTooLong', 'ungradable'] as const;
export type FilterName = (typeof filterNames)[number];

/** The setting `dataFilters`. What is found is counted and reported whatever is done about it. */
export const dataFiltersSchema = z.strictObject({
  emptyAnswer: actions.default('drop').describe('Training problems without a gold answer: left out, kept, or an error'),
  duplicate: actions.default('drop').describe('Training problems with the text of an earlier one, but for white space'),
  overlap: actions.default('drop').describe('Training problems that repeat a held-out one, whole or nearly'),
  overlapWords: z
    .int()
    .min(3)
    .max(50)
    .default(8)
    .describe('Words of the n-grams by which near repetitions of held-out problems are found'),
  overlapShare: z
    .number()
    .positive()
    .max(1)
    .default(0.8)
    .describe('Least share of the n-grams of a held-out problem that make a training problem repeat it'),
  promptTooLong: z.enum(['drop', 'fail']).default('drop').describe('Training problems longer than maxPromptTokens'),
  ungradable: actions
    .default('drop')
    .describe('Training problems whose gold answer the reward cannot read, or does not find equal to itself'),
});

export type DataFilters = z.infer<typeof dataFiltersSchema>;
