import { z } from 'zod';

/** Which responses are kept. */
export const rolloutSettings = z.strictObject({
  every: z
    .int()
    .min(1)
    .default(1)
    .describe('Iterations between files; the first iteration and every evaluation have one in any case'),
  responses: z
    .int()
    .min(1)
    .default(128)
    .describe('Most responses kept of an iteration: whole groups, from the first of the shuffled problems on'),
  evaluationResponses: z.int().min(0).default(32).describe('Most responses kept of an evaluation on one held-out set'),
  maxTokens: z
    .int()
    .min(1)
    .default(32_768)
    .describe(
      'Most response tokens in one file; at least one response is kept. Bounds the disk a run with long responses takes',
    ),
});

export type RolloutSettings = z.infer<typeof rolloutSettings>;
