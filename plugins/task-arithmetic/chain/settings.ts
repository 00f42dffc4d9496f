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
} from '../network-settings.js';

/** One label per term. */
const termLimit = 26;

const terms = termFields({ most: termLimit, minTerms: 14, maxTerms: 18 });

const capitals = 'Share of the problems whose labels are capital letters: a second notation';

const defaults = {
  selfCheckShare: 0.2,
  secondGuessShare: 0.05,
  badFormatShare: 0.13,
  slipRate: 0.002,
  steps: 1600,
  tokensPerStep: 4096,
};

const corpusFields = {
  ...exampleFields(defaults),
  capitalShare: share(0.2).describe(capitals),
  practiceExamples: z
    .int()
    .min(0)
    .default(40_000)
    .describe(
      'Examples at the beginning that are all worked out, of chains of any length up to the maximum: ' +
        'long workings are not learned from a mixture alone',
    ),
};

/** Settings of the `chain` problems. */
export const chainDataSettings = z
  .strictObject({
    ...terms,
    capitalShare: share(0).describe(capitals),
    trainProblems: z
      .int()
      .min(1)
      .max(2 ** 30)
      .default(2 ** 30)
      .describe('Number of different problems for training; few of them are seen again and again'),
  })
  .refine(...termsInOrder);

const baseSeed = z
  .int()
  .min(0)
  .default(42)
  .describe('Seed of the base model, whatever the seed of the run: runs then differ by reinforcement learning alone');

/** Settings of the `chain-base` model: its problems, its imperfect examples, its network and its training. */
export const chainBaseSettings = z
  .strictObject({ ...terms, ...corpusFields, ...networkFields, ...trainingFields(defaults), baseSeed })
  .refine(...termsInOrder)
  .refine((s) => s.selfCheckShare + s.secondGuessShare + s.badFormatShare <= 1 + 1e-9, {
    path: ['badFormatShare'],
    message: 'selfCheckShare, secondGuessShare and badFormatShare must not add up to more than 1',
  })
  .refine(...widthFitsHeads)
  .refine(...headsFitKvHeads);

export type ChainDataSettings = z.infer<typeof chainDataSettings>;
export type ChainBaseSettings = z.infer<typeof chainBaseSettings>;
export type TermRange = Pick<ChainBaseSettings, keyof typeof terms>;
/** What the examples of the base model look like. */
export type ChainCorpusSettings = TermRange & Pick<ChainBaseSettings, keyof typeof corpusFields>;
export const mostTerms = termLimit;
