/** The networks that are measured, and how many operations they take. */

/** @typedef {import('../../dist/core/compute/nn/config.js').DecoderConfig} DecoderConfig */

const common = {
  rmsNormEps: 1e-6,
  ropeTheta: 1e6,
  attentionBias: /** @type {const} */ ('qkv'),
  qkNorm: false,
  tieWordEmbeddings: true,
  maxPositions: 4096,
};

/** The network of the preset `orz-tiny`: 2 layers, 0.2 M parameters. @type {DecoderConfig} */
export const tiny = {
  ...common,
  vocabSize: 32,
  hiddenSize: 96,
  layers: 2,
  heads: 3,
  kvHeads: 1,
  headDim: 32,
  intermediateSize: 256,
};

/** Between the two: 8 layers of width 512, 29 M parameters. @type {DecoderConfig} */
export const middle = {
  ...common,
  vocabSize: 8192,
  hiddenSize: 512,
  layers: 8,
  heads: 8,
  kvHeads: 2,
  headDim: 64,
  intermediateSize: 1536,
};

/**
 * Blocks of Qwen2.5-0.5B; 3 of its 24 layers and hardly any vocabulary, so that nothing but blocks is measured.
 * @type {DecoderConfig}
 */
export const halfBillionBlocks = {
  ...common,
  vocabSize: 256,
  hiddenSize: 896,
  layers: 3,
  heads: 14,
  kvHeads: 2,
  headDim: 64,
  intermediateSize: 4864,
};

/** Embedding and output layer of Qwen2.5-0.5B without any block. @type {DecoderConfig} */
export const halfBillionHead = { ...halfBillionBlocks, vocabSize: 151_936, layers: 0 };

/** Elements of the matrices of one block. @param {DecoderConfig} c */
const blockMatrices = (c) =>
  c.hiddenSize * (2 * c.heads + 2 * c.kvHeads) * c.headDim + 3 * c.hiddenSize * c.intermediateSize;

/**
 * Elements of all matrices that a token is multiplied with: blocks and output layer, not the embedding, which is looked
 * up.
 * @param {DecoderConfig} c
 */
export const matrixElements = (c) => c.layers * blockMatrices(c) + c.vocabSize * c.hiddenSize;

/**
 * Operations of one forward pass over sequences of the given lengths: 2 per matrix element and token, and per layer 2 ·
 * length² · heads · headDim for causal attention (half of the two full products of queries with keys and weights with
 * values).
 * @param {DecoderConfig} c
 * @param {readonly number[]} lengths
 */
export function forwardOperations(c, lengths) {
  const tokens = lengths.reduce((a, b) => a + b, 0);
  const squares = lengths.reduce((a, b) => a + b * b, 0);
  return 2 * matrixElements(c) * tokens + 2 * c.layers * c.heads * c.headDim * squares;
}

/**
 * Forward and backward; the backward pass takes twice the forward pass. What is computed twice to save memory is not
 * counted.
 * @param {DecoderConfig} c
 * @param {readonly number[]} lengths
 */
export const trainingOperations = (c, lengths) => 3 * forwardOperations(c, lengths);

/** Bytes of keys and values of one token in f32. @param {DecoderConfig} c */
export const cacheBytesPerToken = (c) => 2 * 4 * c.layers * c.kvHeads * c.headDim;
