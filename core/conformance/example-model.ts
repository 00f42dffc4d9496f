import type { BaseModel } from '../contracts/model-source.js';
import type { NamedTensor, Sequence, TokenScores, TrainingSequence } from '../contracts/model.js';
import type { LossInput } from '../contracts/loss.js';
import type { Optimizer } from '../contracts/optimizer.js';
import type { DecoderConfig } from '../compute/nn/config.js';
import { decoderParameters } from '../compute/nn/parameters.js';
import { lastOf } from '../arrays.js';
import { createRandom } from '../random.js';
import { policyLength } from '../segments.js';
import { mul } from '../compute/tensor/ops.js';
import { sizeOf } from '../compute/tensor/types.js';
import { createTokenizer } from '../tokenizer/tokenizer.js';

/**
 * A decoder small enough for any test, with sizes that are no powers of two, three query heads on one key head, and
 * more rows in its table than the tokenizer has tokens, as real models have.
 */
export const exampleDecoder: DecoderConfig = {
  vocabSize: 23,
  hiddenSize: 18,
  layers: 2,
  heads: 3,
  kvHeads: 1,
  headDim: 6,
  intermediateSize: 29,
  rmsNormEps: 1e-6,
  ropeTheta: 1e4,
  attentionBias: 'qkv',
  qkNorm: false,
  tieWordEmbeddings: true,
  maxPositions: 160,
};

/** The same with an output matrix of its own and two key heads. */
export const untiedDecoder: DecoderConfig = {
  ...exampleDecoder,
  heads: 4,
  kvHeads: 2,
  headDim: 4,
  tieWordEmbeddings: false,
};

/**
 * Letters, then tokens of several letters, so that texts cross token boundaries in many ways; two ids that end a text.
 */
const letters = [...'abcdefghijk'];
const pieces = ['ab', 'bc', 'cab', 'dad', '. ', '\n', 'hi', 'gag'];
const endTokens = ['<end>', '<stop>'];

export const exampleTokenizerDefinition = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [...pieces, ...endTokens].map((content, i) => ({
    id: letters.length + i,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: endTokens.includes(content),
  })),
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: { type: 'Fuse' },
  model: {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    vocab: Object.fromEntries(letters.map((letter, id) => [letter, id])),
    merges: [],
  },
};

/** A base model with random weights, biases and norms included, so that no parameter is without effect. */
export function exampleBase(config: DecoderConfig = exampleDecoder, seed = 1): BaseModel {
  const stream = createRandom(seed).stream('example weights');
  const weights: NamedTensor[] = decoderParameters(config, 'language').map(({ name, shape }, index) => {
    const { mean, deviation } = exampleScale(name, shape);
    const value = (i: number): number => mean + deviation * stream.normalPair(index, i)[0];
    return { name, shape, data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => value(i)) };
  });
  return { config, tokenizer: createTokenizer(exampleTokenizerDefinition, { endTokens }), weights: () => weights };
}

/** Mean and standard deviation of the entries of a parameter. */
function exampleScale(name: string, shape: readonly number[]): { mean: number; deviation: number } {
  if (name.includes('norm')) return { mean: 1, deviation: 0.2 };
  if (name.endsWith('bias')) return { mean: 0, deviation: 0.3 };
  if (name.includes('embed')) return { mean: 0, deviation: 0.5 };
  return { mean: 0, deviation: 1.2 / Math.sqrt(lastOf(shape)) };
}

/** Sequences of random ids; `lengths` are [prompt, response] pairs. */
export function exampleSequences(
  lengths: readonly (readonly [number, number])[],
  vocabSize = exampleDecoder.vocabSize,
  seed = 1,
): Sequence[] {
  const { integer } = createRandom(seed).stream('example sequences');
  return lengths.map(([prompt, response], s) => ({
    tokens: Int32Array.from({ length: prompt + response }, (_, t) => integer(vocabSize, s, t)),
    promptLength: prompt,
  }));
}

/** Prompts and responses of many lengths, one of them alone in its row. */
export const exampleLengths: readonly (readonly [number, number])[] = [
  [1, 1],
  [3, 7],
  [9, 2],
  [2, 30],
  [17, 1],
  [5, 40],
  [1, 12],
  [4, 4],
  [6, 11],
];

/** Scores that a batch was collected with; the inputs of its losses lie near them, as in a run. */
export type CollectedScores = readonly Pick<TokenScores, 'logprobs' | 'values'>[];

/** A training sequence with every input a loss may read. */
export interface ExampleTrainingSequence extends TrainingSequence {
  readonly inputs: Readonly<Record<Exclude<LossInput, `control:${string}`>, Float32Array>>;
}

/** Sequences with weights that add up to 1 and every input a loss may read. */
export function exampleTraining(
  sequences: readonly Sequence[],
  collected: CollectedScores = [],
  seed = 1,
): ExampleTrainingSequence[] {
  const { uniform } = createRandom(seed).stream('example training');
  const total = sequences.reduce((n, s) => n + policyLength(s), 0);
  return sequences.map((sequence, s) => {
    const row = (key: number, of: (u: number, t: number) => number): Float32Array =>
      Float32Array.from({ length: policyLength(sequence) }, (_, t) => of(uniform(key, s, t), t));
    const logprob = (t: number): number => collected[s]?.logprobs?.[t] ?? -3;
    const value = (t: number): number => collected[s]?.values?.[t] ?? 0;
    const inputs: ExampleTrainingSequence['inputs'] = {
      oldLogprobs: row(1, (u, t) => logprob(t) + 0.6 * u - 0.3),
      samplerLogprobs: row(6, (u, t) => logprob(t) + 0.6 * u - 0.3),
      truncated: row(7, () => s % 2),
      group: row(8, () => Math.floor(s / 2)),
      refLogprobs: row(2, (u, t) => logprob(t) + u - 0.5),
      advantages: row(3, (u) => 4 * u - 2),
      oldValues: row(4, (u, t) => value(t) + 0.6 * u - 0.3),
      returns: row(5, (u) => (u < 0.5 ? 0 : 1)),
    };
    return { ...sequence, weights: row(0, (u) => (0.5 + u) / total), inputs };
  });
}

/**
 * An optimizer that replaces the parameter by the (clipped) gradient, so that a test can read gradients through the
 * contract.
 */
export const gradientRecorder: Optimizer = {
  name: 'gradient recorder',
  settings: {},
  state: [],
  build: (_g, t) => ({ parameter: mul(t.gradient, t.gradientScale), state: {} }),
};

/** Everything a stream of tensors yields, by name. */
export async function collectTensors(
  tensors: AsyncIterable<NamedTensor> | Iterable<NamedTensor>,
): Promise<Map<string, Float32Array>> {
  const all = new Map<string, Float32Array>();
  for await (const { name, data } of tensors) all.set(name, data);
  return all;
}
