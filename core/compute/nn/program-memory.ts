import type { DecoderConfig } from './config.js';

const bytesPerNumber = 4;

/**
 * Scores of one head that exist for each token of a row: those of the whole row, or of a long one, whose scores are
 * computed in blocks of queries, what ONNX Runtime keeps for their few shapes (derived: three buffers for rows of 2.5
 * blocks of 128 queries on average, by half).
 */
const maxScoresPerToken = 512;

/** Numbers that a block holds for each token of a row of `length` tokens while it is trained. */
export function numbersInBlock(c: DecoderConfig, length: number): number {
  const scores = 2 * c.heads * Math.min(length, maxScoresPerToken);
  const attention = (2 * c.heads + 2 * c.kvHeads) * c.headDim + scores;
  return 4 * c.hiddenSize + attention + 4 * c.intermediateSize;
}

/** Memory that one program for a whole network may take while it trains a micro-batch. */
const fusedBudgetBytes = 2 ** 31;

/**
 * Bytes that one program for the whole network takes while it trains `tokens` tokens in rows of `length`, without the
 * gradients of its parameters: everything inside all blocks, and logits with their gradient and exponentials.
 */
export const fusedBytes = (c: DecoderConfig, tokens: number, length: number): number =>
  bytesPerNumber * tokens * (c.layers * numbersInBlock(c, length) + 3 * c.vocabSize);

/**
 * Whether one program may train micro-batches of so many tokens, whatever the length of their rows. The gradient of
 * each of `parameters` numbers exists twice there, with the accumulator that it replaces.
 */
export const fitsFused = (c: DecoderConfig, tokens: number, parameters: number): boolean =>
  fusedBytes(c, tokens, maxScoresPerToken) + 2 * bytesPerNumber * parameters <= fusedBudgetBytes;
