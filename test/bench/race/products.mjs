/**
 * The matrix products of a piece of work and nothing else: how long they take alone is the floor of everything that
 * computes with the same library of products.
 */

/** @typedef {import('../../../dist/core/compute/nn/config.js').DecoderConfig} DecoderConfig */

/**
 * `m × k` times `k × n`, `count` times; `kind` says which factor is stored transposed.
 * @typedef {object} Product
 * @property {number} m
 * @property {number} k
 * @property {number} n
 * @property {'AB' | 'ABᵀ' | 'AᵀB'} kind
 * @property {number} count
 */

/** Inputs and outputs of the matrices of a block. @param {DecoderConfig} c @returns {readonly [number, number][]} */
const blockShapes = (c) => [
  [c.hiddenSize, c.heads * c.headDim],
  [c.hiddenSize, c.kvHeads * c.headDim],
  [c.hiddenSize, c.kvHeads * c.headDim],
  [c.heads * c.headDim, c.hiddenSize],
  [c.hiddenSize, c.intermediateSize],
  [c.hiddenSize, c.intermediateSize],
  [c.intermediateSize, c.hiddenSize],
];

/**
 * The head's matrix is the table of embeddings, so it is stored transposed.
 * @param {DecoderConfig} c
 * @param {number} m
 */
const head = (c, m) => ({ m, k: c.hiddenSize, n: c.vocabSize, kind: /** @type {const} */ ('ABᵀ'), count: 1 });

/**
 * One pass forward, products of attention left out: they are few and depend on how rows are packed.
 * @param {DecoderConfig} c
 * @param {number} rows that go through the blocks
 * @param {number} predicted rows that go through the head
 * @returns {Product[]}
 */
export function forwardProducts(c, rows, predicted) {
  const blocks = blockShapes(c).map(([k, n]) => ({
    m: rows,
    k,
    n,
    kind: /** @type {const} */ ('AB'),
    count: c.layers,
  }));
  return [...blocks, head(c, predicted)];
}

/**
 * Forward and backward: for each product those of the gradients of its two factors.
 * @param {DecoderConfig} c
 * @param {number} rows
 * @param {number} predicted
 * @returns {Product[]}
 */
export const trainingProducts = (c, rows, predicted) =>
  forwardProducts(c, rows, predicted).flatMap((product) => {
    const { m, k, n, kind, count } = product;
    return [
      product,
      { m, k: n, n: k, kind: kind === 'AB' ? 'ABᵀ' : 'AB', count },
      { m: kind === 'AB' ? k : n, k: m, n: kind === 'AB' ? n : k, kind: 'AᵀB', count },
    ];
  });

/**
 * Sampling: the prompts once, then a step of the whole batch per token.
 * @param {DecoderConfig} c
 * @param {{ readonly prompts: number, readonly promptLength: number, readonly batch: number, readonly responseLength:
 *   number }} work
 * @returns {Product[]}
 */
export function samplingProducts(c, { prompts, promptLength, batch, responseLength }) {
  const step = forwardProducts(c, batch, batch).map((product) => ({
    ...product,
    count: product.count * responseLength,
  }));
  return [...forwardProducts(c, prompts * promptLength, prompts), ...step];
}

/**
 * The products of a case of the race; none where products do not matter.
 * @param {import('./cases.mjs').Case} work
 * @param {DecoderConfig} config
 */
export function productsOf({ command, lengths = [], promptLength, batch = 1, responseLength = 0 }, config) {
  if (command === 'optimizer') return [];
  if (command === 'sample')
    return samplingProducts(config, { prompts: Math.ceil(batch / 16), promptLength, batch, responseLength });
  const tokens = lengths.reduce((a, b) => a + b, 0);
  return trainingProducts(config, tokens, tokens - lengths.length * promptLength);
}
