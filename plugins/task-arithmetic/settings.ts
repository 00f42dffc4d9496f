import * as z from 'zod';

/** Maximum number of terms of a problem: with more, a worked response would exceed 48 tokens. */
const termLimit = 7;

const termFields = {
  minTerms: z.int().min(2).max(termLimit).default(3).describe('Minimum number of terms'),
  maxTerms: z
    .int()
    .min(2)
    .max(termLimit)
    .default(5)
    .describe('Maximum number of terms; each count between the two is equally likely'),
};

const share = (value: number) => z.number().min(0).max(1).default(value);

const corpusFields = {
  selfCheckShare: share(0.2).describe(
    'Share of examples that guess, say "Wait," and then add step by step; mostly right',
  ),
  secondGuessShare: share(0.05).describe('Share of examples that guess, say "Wait," and guess again; mostly wrong'),
  badFormatShare: share(0.13).describe(
    'Share of examples whose answer cannot be read. The rest blurt out one guess, mostly wrong',
  ),
  toolShare: share(0).describe(
    'Share of examples that guess, say "Wait," and call a calculator; above 0 the vocabulary has the tags of a call',
  ),
  badFormatWorkedShare: share(0.4).describe(
    'Share of the examples with bad format that add step by step before they go wrong',
  ),
  slipRate: share(0.01).describe('Probability that a running total is off by one'),
  guessSpread: z
    .number()
    .positive()
    .max(1)
    .default(0.2)
    .describe('Standard deviation of a guess, as a share of the true sum'),
};

const networkFields = {
  layers: z.int().min(1).max(256).default(2).describe('Layers of the decoder'),
  hiddenSize: z.int().min(8).default(96).describe('Width of the decoder; a multiple of twice the heads'),
  heads: z.int().min(1).default(3).describe('Query heads'),
  kvHeads: z.int().min(1).default(1).describe('Key and value heads; divides the heads'),
  intermediateSize: z.int().min(8).default(256).describe('Width of the feed-forward part'),
};

const trainingFields = {
  steps: z
    .int()
    .min(1)
    .default(2000)
    .describe('Steps of supervised training; counted, not timed, so that the machine does not matter'),
  tokensPerStep: z.int().min(64).default(2048).describe('Packed tokens per step'),
  learningRate: z.number().positive().default(4e-3).describe('Peak learning rate; decays along a cosine to 5 % of it'),
  warmupSteps: z
    .int()
    .min(0)
    .default(50)
    .describe('Warm-up steps, over which the learning rate rises from zero; at most a quarter of all steps'),
};

type Terms = { readonly minTerms: number; readonly maxTerms: number };
const termsInOrder = ({ minTerms, maxTerms }: Terms): boolean => minTerms <= maxTerms;
const termsMessage = { path: ['minTerms'], message: 'minTerms must not be above maxTerms' };

/** Settings of the `arithmetic` problems. */
export const arithmeticDataSettings = z.strictObject(termFields).refine(termsInOrder, termsMessage);

/** Settings of the `arithmetic-base` model: its problems, its imperfect examples, its network and its training. */
export const arithmeticBaseSettings = z
  .strictObject({ ...termFields, ...corpusFields, ...networkFields, ...trainingFields })
  .refine(termsInOrder, termsMessage)
  .refine((s) => s.selfCheckShare + s.secondGuessShare + s.badFormatShare + s.toolShare <= 1 + 1e-9, {
    path: ['badFormatShare'],
    message: 'selfCheckShare, secondGuessShare, badFormatShare and toolShare must not add up to more than 1',
  })
  .refine((s) => s.hiddenSize % (2 * s.heads) === 0, {
    path: ['hiddenSize'],
    message: 'hiddenSize must be a multiple of twice the heads',
  })
  .refine((s) => s.heads % s.kvHeads === 0, { path: ['kvHeads'], message: 'kvHeads must divide heads' });

export type ArithmeticDataSettings = z.infer<typeof arithmeticDataSettings>;
export type ArithmeticBaseSettings = z.infer<typeof arithmeticBaseSettings>;
/** How many numbers a problem adds. */
export type TermRange = Pick<ArithmeticBaseSettings, keyof typeof termFields>;
/** What the examples of the base model look like. */
export type CorpusSettings = Pick<ArithmeticBaseSettings, keyof typeof termFields | keyof typeof corpusFields>;
