import * as z from 'zod';
import {
  exampleFields,
  headsFitKvHeads,
  networkFields,
  share,
  termFields,
  termsInOrder,
  trainingFields,
  widthFitsHeads,
} from './network-settings.js';

/** Maximum number of terms of a problem: with more, a worked response would exceed 48 tokens. */
const termLimit = 7;

const terms = termFields({ most: termLimit, minTerms: 3, maxTerms: 5 });

const defaults = {
  selfCheckShare: 0.2,
  secondGuessShare: 0.05,
  badFormatShare: 0.13,
  slipRate: 0.01,
  steps: 2000,
  tokensPerStep: 2048,
};

const corpusFields = {
  ...exampleFields(defaults),
  toolShare: share(0).describe(
    'Share of examples that guess, say "Wait," and call a calculator; above 0 the vocabulary has the tags of a call',
  ),
  guessSpread: z
    .number()
    .positive()
    .max(1)
    .default(0.2)
    .describe('Standard deviation of a guess, as a share of the true sum'),
};

/** Settings of the `arithmetic` problems. */
export const arithmeticDataSettings = z.strictObject(terms).refine(...termsInOrder);

/** Settings of the `arithmetic-base` model: its problems, its imperfect examples, its network and its training. */
export const arithmeticBaseSettings = z
  .strictObject({ ...terms, ...corpusFields, ...networkFields, ...trainingFields(defaults) })
  .refine(...termsInOrder)
  .refine((s) => s.selfCheckShare + s.secondGuessShare + s.badFormatShare + s.toolShare <= 1 + 1e-9, {
    path: ['badFormatShare'],
    message: 'selfCheckShare, secondGuessShare, badFormatShare and toolShare must not add up to more than 1',
  })
  .refine(...widthFitsHeads)
  .refine(...headsFitKvHeads);

export type ArithmeticDataSettings = z.infer<typeof arithmeticDataSettings>;
export type ArithmeticBaseSettings = z.infer<typeof arithmeticBaseSettings>;
/** How many numbers a problem adds. */
export type TermRange = Pick<ArithmeticBaseSettings, keyof typeof terms>;
/** What the examples of the base model look like. */
export type CorpusSettings = Pick<ArithmeticBaseSettings, keyof typeof terms | keyof typeof corpusFields>;
