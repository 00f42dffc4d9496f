import { numberAttribute, type Attributes } from '../attributes.js';
import { shapeMismatch } from '../errors.js';
import { extentOf, extents } from '../extents.js';
import { expectDType, type Op, type Tensor } from '../graph.js';
import { sameShape } from '../types.js';
import { add, and, div, exp, lessEqual, maximum, mul, stopGradient, sub, where } from './elementwise.js';
import { matmul } from './linear.js';
import { softmax } from './neural.js';
import { expand, max, reshape, sum, transpose } from './shape.js';

/** Grouped-query attention as macro-ops: over packed rows for training and prefill, over a cache for decoding. */

/** Score of a forbidden attention pair: large enough to vanish in the softmax, finite so that no NaN arises. */
const forbidden = -1e30;

interface HeadCounts {
  readonly heads: number;
  readonly kvHeads: number;
}

const headCounts = (attributes: Attributes): HeadCounts => ({
  heads: numberAttribute(attributes, 'heads'),
  kvHeads: numberAttribute(attributes, 'kvHeads'),
});

/** Width of one head of q [..., heads · h]; throws unless the heads divide the width and share key heads evenly. */
function headWidth(op: string, q: Tensor, { heads, kvHeads }: HeadCounts): number {
  const width = q.shape.at(-1) ?? 0;
  if (!Number.isInteger(heads / kvHeads) || width % heads !== 0) {
    const expected = `a width that ${heads} heads divide, and a number of heads that ${kvHeads} key heads divide`;
    throw shapeMismatch(op, [q], expected);
  }
  return width / heads;
}

/**
 * Query heads that share a key head are stacked, so that no key is copied: [rows, R, heads · h] →
 * [rows, kvHeads, group · R, h].
 */
function splitHeads(x: Tensor, heads: number, kvHeads: number): Tensor {
  const [rows, length, width] = extents(x, 3);
  const h = width / heads,
    group = heads / kvHeads;
  const byGroup = transpose(reshape(x, [rows, length, kvHeads, group, h]), [0, 2, 3, 1, 4]);
  return reshape(byGroup, [rows, kvHeads, group * length, h]);
}

/** The reverse of {@link splitHeads} for rows of `length` tokens. */
function joinHeads(x: Tensor, heads: number, length: number): Tensor {
  const [rows, kvHeads, , h] = extents(x, 4);
  const byToken = transpose(reshape(x, [rows, kvHeads, heads / kvHeads, length, h]), [0, 3, 1, 2, 4]);
  return reshape(byToken, [rows, length, heads * h]);
}

/** f32 [rows, R, R]: 0 where token i may see token j, that is start[i] ≤ j ≤ i, else a very negative number. */
function segmentCausalBias(starts: Tensor): Tensor {
  const [rows, length] = extents(starts, 2);
  const j = reshape(starts.graph.iota(length), [1, 1, length]);
  const i = reshape(starts.graph.iota(length), [1, length, 1]);
  const allowed = and(lessEqual(reshape(starts, [rows, length, 1]), j), lessEqual(j, i));
  return where(allowed, 0, forbidden);
}

const attentionOp: Op<4> = {
  name: 'attention',
  infer: ([q, k, v, starts], attributes) => {
    expectDType('attention', 'f32', q, k, v);
    expectDType('attention', 'i32', starts);
    const counts = headCounts(attributes);
    const kvShape = [...q.shape.slice(0, 2), headWidth('attention', q, counts) * counts.kvHeads];
    const fits =
      q.shape.length === 3 &&
      sameShape(k.shape, kvShape) &&
      sameShape(v.shape, kvShape) &&
      sameShape(starts.shape, q.shape.slice(0, 2));
    if (!fits) {
      const expected = 'q [rows, R, heads · h], k and v [rows, R, kvHeads · h], starts [rows, R]';
      throw shapeMismatch('attention', [q, k, v, starts], expected);
    }
    return [{ shape: q.shape, dtype: 'f32' }];
  },
  decompose: ([q, k, v, starts], attributes) => {
    const counts = headCounts(attributes);
    const { weights, values } = attentionParts({ q, k, v, starts }, counts);
    return [joinHeads(matmul(weights, values), counts.heads, extentOf(q, 1))];
  },
  gradient: ({ inputs: [q, k, v, starts], outputs: [y], attributes }, [dy]) =>
    dy ? dy.graph.node(attentionGradientOp, [q, k, v, starts, y, dy], attributes) : [],
};

/**
 * Gradients of q, k and v from those, starts, the output and its gradient: a macro-op, so that a backend can compute it
 * without the matrix of weights.
 */
const attentionGradientOp: Op<6, 3> = {
  name: 'attentionGradient',
  infer: ([q, k, v]) => [
    { shape: q.shape, dtype: 'f32' },
    { shape: k.shape, dtype: 'f32' },
    { shape: v.shape, dtype: 'f32' },
  ],
  // As in FlashAttention (Dao et al. 2022): the mean of the weights' gradient under the weights is taken from the
  // output, which is smaller than the weights by the ratio of head width to length.
  decompose: ([q, k, v, starts, y, dy], attributes) => {
    const { heads, kvHeads } = headCounts(attributes);
    const [rows, length, width] = extents(q, 3);
    const { queries, keys, values, weights, scale } = attentionParts({ q, k, v, starts }, { heads, kvHeads });
    const dMixed = splitHeads(dy, heads, kvHeads);
    const perHead = sum(reshape(mul(dy, y), [rows, length, heads, width / heads]), [-1]);
    const mean = splitHeads(reshape(perHead, [rows, length, heads]), heads, kvHeads);
    const dScores = mul(weights, sub(matmul(dMixed, values, { transB: true }), mean));
    return [
      joinHeads(mul(matmul(dScores, keys), scale), heads, length),
      joinHeads(matmul(dScores, queries, { transA: true }), kvHeads, length),
      joinHeads(matmul(weights, dMixed, { transA: true }), kvHeads, length),
    ];
  },
};

export interface AttentionTensors {
  /** f32 [rows, R, heads · h]. */
  readonly q: Tensor;
  /** f32 [rows, R, kvHeads · h]. */
  readonly k: Tensor;
  readonly v: Tensor;
  /** i32 [rows, R]: index within the row of the first token that each token sees. */
  readonly starts: Tensor;
}

interface AttentionParts {
  /** Scaled queries [rows, kvHeads, group · R, h]. */
  readonly queries: Tensor;
  /** [rows, kvHeads, R, h]. */
  readonly keys: Tensor;
  readonly values: Tensor;
  /** [rows, kvHeads, group · R, R]. */
  readonly weights: Tensor;
  readonly scale: number;
}

function attentionParts({ q, k, v, starts }: AttentionTensors, { heads, kvHeads }: HeadCounts): AttentionParts {
  const [rows, length, width] = extents(q, 3);
  const group = heads / kvHeads,
    scale = 1 / Math.sqrt(width / heads);
  const queries = mul(splitHeads(q, heads, kvHeads), scale);
  const keys = splitHeads(k, kvHeads, kvHeads),
    values = splitHeads(v, kvHeads, kvHeads);
  const scores = reshape(matmul(queries, keys, { transB: true }), [rows, kvHeads, group, length, length]);
  const weights = softmax(add(scores, reshape(segmentCausalBias(starts), [rows, 1, 1, length, length])));
  return { queries, keys, values, weights: reshape(weights, [rows, kvHeads, group * length, length]), scale };
}

/**
 * Grouped-query attention over packed rows: token i of a row sees tokens starts[i] … i of the same row, so it never
 * looks across a sequence border. Padding tokens must have starts[i] = i. Result [rows, R, heads · h].
 */
export const attention = ({ q, k, v, starts }: AttentionTensors, heads: number, kvHeads: number): Tensor =>
  q.graph.node(attentionOp, [q, k, v, starts], { heads, kvHeads })[0];

const decodeAttentionOp: Op<6> = {
  name: 'decodeAttention',
  infer: (inputs, attributes) => {
    const [q, k, v, keyCache, valueCache, lengths] = inputs;
    expectDType('decodeAttention', 'f32', q, k, v, keyCache, valueCache);
    expectDType('decodeAttention', 'i32', lengths);
    const lanes = extentOf(q, 0),
      counts = headCounts(attributes),
      h = headWidth('decodeAttention', q, counts),
      capacity = extentOf(keyCache, -1);
    const fits =
      q.shape.length === 2 &&
      sameShape(k.shape, [lanes, counts.kvHeads * h]) &&
      sameShape(v.shape, k.shape) &&
      sameShape(keyCache.shape, [lanes, counts.kvHeads, h, capacity]) &&
      sameShape(valueCache.shape, [lanes, counts.kvHeads, capacity, h]) &&
      sameShape(lengths.shape, [lanes]);
    if (!fits) {
      const expected =
        'q [S, heads · h], k and v [S, kvHeads · h], ' +
        'keys [S, kvHeads, h, C], values [S, kvHeads, C, h], lengths [S]';
      throw shapeMismatch('decodeAttention', inputs, expected);
    }
    return [{ shape: q.shape, dtype: 'f32' }];
  },
  decompose: ([q, k, v, keyCache, valueCache, lengths], attributes) => {
    const { heads, kvHeads } = headCounts(attributes);
    const [lanes, width] = extents(q, 2);
    const h = width / heads,
      group = heads / kvHeads,
      capacity = extentOf(keyCache, 3);
    const queries = mul(reshape(q, [lanes, kvHeads, group, h]), 1 / Math.sqrt(h));
    const inPast = lessEqual(
      add(reshape(lengths.graph.iota(capacity), [1, 1, 1, capacity]), 1),
      reshape(lengths, [lanes, 1, 1, 1]),
    );
    const past = add(matmul(queries, keyCache), where(inPast, 0, forbidden));
    const current = matmul(queries, reshape(k, [lanes, kvHeads, h, 1]));
    const top = maximum(max(stopGradient(past), [-1], true), stopGradient(current));
    const pastWeights = exp(sub(past, top)),
      currentWeight = exp(sub(current, top));
    // A product with ones is summed in the order of the tokens, a sum in one that may depend on the capacity.
    const ones = expand(q.graph.scalar(1), [1, capacity]);
    const pastTotal = matmul(reshape(pastWeights, [lanes * heads, capacity]), ones, { transB: true });
    const total = add(reshape(pastTotal, current.shape), currentWeight);
    const weighted = add(matmul(pastWeights, valueCache), mul(currentWeight, reshape(v, [lanes, kvHeads, 1, h])));
    return [reshape(div(weighted, total), [lanes, width])];
  },
};

export interface DecodeAttentionTensors {
  /** f32 [S, heads · h], one row per lane. */
  readonly q: Tensor;
  /** f32 [S, kvHeads · h]. */
  readonly k: Tensor;
  readonly v: Tensor;
  /** f32 [S, kvHeads, h, C]: stored transposed, so that no transposition is needed at any step. */
  readonly keyCache: Tensor;
  /** f32 [S, kvHeads, C, h]. */
  readonly valueCache: Tensor;
  /** i32 [S]: tokens in each lane's cache. */
  readonly lengths: Tensor;
}

/**
 * Attention of one new token per lane over its cache of `lengths[s]` earlier tokens and itself. The cache is only read.
 * Result [S, heads · h].
 */
export const decodeAttention = (t: DecodeAttentionTensors, heads: number, kvHeads: number): Tensor => {
  const inputs = [t.q, t.k, t.v, t.keyCache, t.valueCache, t.lengths] as const;
  return t.q.graph.node(decodeAttentionOp, inputs, { heads, kvHeads })[0];
};
