import * as z from 'zod';

/** Settings of the `letter` reward. */
export const letterRewardSettings = z.strictObject({
  options: z.int().min(2).max(26).default(10).describe('Number of letters that can be answers, from A on'),
});

export type LetterRewardSettings = z.infer<typeof letterRewardSettings>;
