import { elementAt } from '../../../core/arrays.js';
import type { Sequence, TokenScores, TrainingSequence } from '../../../core/contracts/model.js';

/** Tokens of prompt and response of the sequences whose gradients are measured: all different. */
const lengths = [
  [2, 5],
  [4, 9],
  [3, 2],
  [5, 7],
] as const;

/** Short sequences from the tokens of a text, which is repeated as often as needed. */
export function sequencesFrom(text: Int32Array): Sequence[] {
  let at = 0;
  return lengths.map(([prompt, response]) => {
    const tokens = Int32Array.from({ length: prompt + response }, () => elementAt(text, at++ % text.length));
    return { tokens, promptLength: prompt };
  });
}

const responseTokens = ({ tokens, promptLength }: Sequence): number => tokens.length - promptLength;

const perToken = (sequence: Sequence, value: (token: number) => number): Float32Array =>
  Float32Array.from({ length: responseTokens(sequence) }, (_, token) => value(token));

/** The mean over all tokens: equal weights that add up to 1. */
const weightsOf = (sequences: readonly Sequence[]): number =>
  1 / sequences.reduce((sum, sequence) => sum + responseTokens(sequence), 0);

/** What a policy's loss needs: the log-probabilities of now, and advantages of both signs. */
export function policyBatch(sequences: readonly Sequence[], scores: readonly TokenScores[]): TrainingSequence[] {
  const weight = weightsOf(sequences);
  return sequences.map((sequence, i) => ({
    ...sequence,
    weights: perToken(sequence, () => weight),
    inputs: {
      oldLogprobs: elementAt(scores, i).logprobs ?? new Float32Array(),
      advantages: perToken(sequence, (token) => Math.sin(i + token + 1)),
    },
  }));
}

/** What a critic's loss needs: the values of now, and returns of 0 and 1. */
export function criticBatch(sequences: readonly Sequence[], scores: readonly TokenScores[]): TrainingSequence[] {
  const weight = weightsOf(sequences);
  return sequences.map((sequence, i) => ({
    ...sequence,
    weights: perToken(sequence, () => weight),
    inputs: {
      oldValues: elementAt(scores, i).values ?? new Float32Array(),
      returns: perToken(sequence, () => i % 2),
    },
  }));
}

/** The same batch with all weights multiplied. */
export const weighted = (batch: readonly TrainingSequence[], factor: number): TrainingSequence[] =>
  batch.map((sequence) => ({ ...sequence, weights: sequence.weights.map((w) => w * factor) }));
