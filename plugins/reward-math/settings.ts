import * as z from 'zod';
import { extractionTargets } from './extract/extract.js';

/** Settings of the `math` reward. Every switch of the strictness table in docs/reward.md is here. */
export const mathRewardSettings = z.strictObject({
  precision: z
    .int()
    .min(0)
    .max(30)
    .default(6)
    .describe('Decimals to which both sides are rounded when one of them is written with a decimal point'),
  strictVariables: z.boolean().default(true).describe('Whether variable names must agree; false lets f(x) match f(y)'),
  caseSensitive: z
    .boolean()
    .default(false)
    .describe('Whether x and X are different variables in every answer; otherwise only where one answer uses both'),
  percentAsNumber: z.boolean().default(true).describe('Whether 50% may also stand for 50; it always stands for 1/2'),
  inequalityForSet: z
    .boolean()
    .default(false)
    .describe('Whether an inequality may answer a gold that is a set or interval'),
  unitConflicts: z
    .boolean()
    .default(true)
    .describe('Whether two known but different units are compared by size (5 cm is not 5 m); false ignores all units'),
  extraction: z
    .enum(['answer-tags', 'anywhere'])
    .default('answer-tags')
    .describe(
      'Where a response holds its answer: in a box between answer tags (the ORZ rule), or anywhere in the text',
    ),
  targets: z
    .array(z.enum(extractionTargets))
    .min(1)
    .default(['latex', 'expr'])
    .describe('What counts as a candidate anywhere in a text: LaTeX, plain numbers and expressions, given strings'),
  boxedPriority: z
    .int()
    .min(-1)
    .max(1000)
    .default(0)
    .describe('Rank of a box among the candidates (0 first, 50 like "final answer is", 300 last, -1 never)'),
  firstMatchOnly: z
    .boolean()
    .default(false)
    .describe('Whether only the best candidate is looked at, even if it cannot be read'),
  strings: z
    .array(z.string().min(1))
    .default(['A', 'B', 'C', 'D'])
    .describe('The strings that the target "string" looks for, for example option letters'),
  lowercase: z.boolean().default(true).describe('Whether these strings are found in any case'),
  repairPrediction: z
    .boolean()
    .default(true)
    .describe('Whether a prediction may leave out braces, as in \\frac12; gold always may'),
  maxLength: z
    .int()
    .positive()
    .default(4000)
    .describe('Longest answer, in characters, that is parsed; a longer one can only match by equal text'),
  maxDepth: z.int().positive().max(200).default(60).describe('Deepest nesting of brackets that is parsed'),
  maxDigits: z
    .int()
    .positive()
    .max(1_000_000)
    .default(4_000)
    .describe('Most decimal digits of an exact number; larger powers stay symbolic'),
  maxSteps: z
    .int()
    .positive()
    .default(200_000)
    .describe('Steps of work, counted and not timed, after which a pair is undecidable'),
});

export type MathRewardSettings = z.infer<typeof mathRewardSettings>;
