import * as z from 'zod';

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
    .describe(
      'Maximum number of responses kept of an iteration: whole groups, from the first of the shuffled problems on',
    ),
  evaluationResponses: z
    .int()
    .min(0)
    .default(32)
    .describe('Maximum number of responses kept of an evaluation on one held-out set'),
  maxTokens: z
    .int()
    .min(1)
    .default(32_768)
    .describe(
      'Maximum number of response tokens in one file, which bounds the disk space; at least one response is kept',
    ),
});

export type RolloutSettings = z.infer<typeof rolloutSettings>;
