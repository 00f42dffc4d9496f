import * as z from 'zod';

/** Settings of the environment `calculator`. */
export const calculatorSettings = z.strictObject({
  maxTurns: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('Maximum number of turns of a response: calls, and the turn after the last one'),
});

export type CalculatorSettings = z.infer<typeof calculatorSettings>;
