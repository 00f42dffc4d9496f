import * as z from 'zod';

/** A share of all examples, from 0 to 1. */
export const share = (value: number) => z.number().min(0).max(1).default(value);

/** How many terms a problem has; `most` is what fits. */
export const termFields = ({ most, minTerms, maxTerms }: Record<'most' | 'minTerms' | 'maxTerms', number>) => ({
  minTerms: z.int().min(2).max(most).default(minTerms).describe('Minimum number of terms'),
  maxTerms: z
    .int()
    .min(2)
    .max(most)
    .default(maxTerms)
    .describe('Maximum number of terms; each count between the two is equally likely'),
});

/** Defaults of {@link exampleFields}, {@link networkFields} and {@link trainingFields}. */
export interface BaseDefaults {
  readonly selfCheckShare: number;
  readonly secondGuessShare: number;
  readonly badFormatShare: number;
  readonly slipRate: number;
  readonly steps: number;
  readonly tokensPerStep: number;
}

/** What the imperfect examples of a base model look like, whatever its task. */
export const exampleFields = (defaults: BaseDefaults) => ({
  selfCheckShare: share(defaults.selfCheckShare).describe(
    'Share of examples that guess, say "Wait," and then add step by step; mostly right',
  ),
  secondGuessShare: share(defaults.secondGuessShare).describe(
    'Share of examples that guess, say "Wait," and guess again; mostly wrong',
  ),
  badFormatShare: share(defaults.badFormatShare).describe(
    'Share of examples whose answer cannot be read. The rest blurt out one guess, mostly wrong',
  ),
  badFormatWorkedShare: share(0.4).describe(
    'Share of the examples with bad format that add step by step before they go wrong',
  ),
  slipRate: share(defaults.slipRate).describe('Probability that a running total is off by one'),
});

export const networkFields = {
  layers: z.int().min(1).max(256).default(2).describe('Layers of the decoder'),
  hiddenSize: z.int().min(8).default(96).describe('Width of the decoder; a multiple of twice the heads'),
  heads: z.int().min(1).default(3).describe('Query heads'),
  kvHeads: z.int().min(1).default(1).describe('Key and value heads; divides the heads'),
  intermediateSize: z.int().min(8).default(256).describe('Width of the feed-forward part'),
};

export const trainingFields = (defaults: BaseDefaults) => ({
  steps: z
    .int()
    .min(1)
    .default(defaults.steps)
    .describe('Steps of supervised training; counted, not timed, so that the machine does not matter'),
  tokensPerStep: z.int().min(64).default(defaults.tokensPerStep).describe('Packed tokens per step'),
  learningRate: z.number().positive().default(4e-3).describe('Peak learning rate; decays along a cosine to 5 % of it'),
  warmupSteps: z
    .int()
    .min(0)
    .default(50)
    .describe('Warm-up steps, over which the learning rate rises from zero; at most a quarter of all steps'),
});

export type ExampleSettings = z.infer<z.ZodObject<ReturnType<typeof exampleFields>>>;
export type NetworkSettings = z.infer<z.ZodObject<typeof networkFields>>;
export type TrainingSettings = z.infer<z.ZodObject<ReturnType<typeof trainingFields>>>;

/** For `refine`: what is required, and what to say otherwise. */
export type Rule<T> = [holds: (settings: T) => boolean, otherwise: { path: string[]; message: string }];

export const widthFitsHeads: Rule<NetworkSettings> = [
  (s) => s.hiddenSize % (2 * s.heads) === 0,
  { path: ['hiddenSize'], message: 'hiddenSize must be a multiple of twice the heads' },
];
export const headsFitKvHeads: Rule<NetworkSettings> = [
  (s) => s.heads % s.kvHeads === 0,
  { path: ['kvHeads'], message: 'kvHeads must divide heads' },
];
export const termsInOrder: Rule<{ readonly minTerms: number; readonly maxTerms: number }> = [
  ({ minTerms, maxTerms }) => minTerms <= maxTerms,
  { path: ['minTerms'], message: 'minTerms must not be above maxTerms' },
];
