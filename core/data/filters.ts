import * as z from 'zod';

/** What happens to a training problem that a filter matches. */
const actions = z.enum(['drop', 'keep', 'fail']);

/**
 * What can be wrong with a training problem, in the order of the checks; a problem that is dropped is not checked
 * further.
 */
export const filterNames = ['emptyAnswer', 'duplicate', 'overlap', 'passRate', 'promptTooLong', 'ungradable'] as const;
export type FilterName = (typeof filterNames)[number];

/** A range of pass rates, half open: neighbouring ranges share no problem. */
const passRateSchema = z.strictObject({
  min: z.number().min(0).max(1).optional().describe('Training problems with a pass rate below it are dropped'),
  max: z
    .number()
    .positive()
    .max(1)
    .optional()
    .describe('Training problems with this pass rate or a higher one are dropped; 1 drops those that are always right'),
});

export type PassRateRange = z.infer<typeof passRateSchema>;

/** The setting `dataFilters`. Matches are counted and reported whatever is done about them. */
export const dataFiltersSchema = z.strictObject({
  emptyAnswer: actions.default('drop').describe('Training problems without a gold answer: dropped, kept, or an error'),
  duplicate: actions
    .default('drop')
    .describe('Training problems with the same text as an earlier one, apart from white space'),
  overlap: actions.default('drop').describe('Training problems that repeat a held-out problem exactly or nearly'),
  overlapWords: z
    .int()
    .min(3)
    .max(50)
    .default(8)
    .describe('Words per n-gram in the search for near repetitions of held-out problems'),
  overlapShare: z
    .number()
    .positive()
    .max(1)
    .default(0.8)
    .describe('Minimum share of the n-grams of a held-out problem that makes a training problem repeat it'),
  passRate: passRateSchema
    .optional()
    .describe(
      'Pass rates of training problems that are kept; every problem must have one, as orz-train mine writes it',
    ),
  promptTooLong: z.enum(['drop', 'fail']).default('drop').describe('Training problems longer than maxPromptTokens'),
  ungradable: actions
    .default('drop')
    .describe('Training problems whose gold answer the reward cannot read, or does not find equal to itself'),
});

export type DataFilters = z.infer<typeof dataFiltersSchema>;
