import { shapeMismatch } from '../errors.js';
import { extentOf, extents } from '../extents.js';
import { expectDType, type Op, type Tensor } from '../graph.js';
import { sameShape } from '../types.js';
import { forbidden, headCounts, headWidth } from './attention-heads.js';
import { attendRows, attendRowsGradient, isLongRow, queryBlocks, type AttentionTensors } from './attention-rows.js';
import { add, div, exp, lessEqual, maximum, mul, stopGradient, sub, where } from './elementwise.js';
import { matmul } from './linear.js';
import { expand, max, reshape } from './shape.js';

/** Grouped-query attention as macro-ops: over packed rows for training and prefill, over a cache for decoding. */

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
  decompose: ([q, k, v, starts], attributes) => [
    attendRows({ q, k, v, starts }, headCounts(attributes), queryBlocks(extentOf(q, 1))),
  ],
  recomputes: ([q]) => isLongRow(extentOf(q, 1)),
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
  decompose: ([q, k, v, starts, y, dy], attributes) =>
    attendRowsGradient({ q, k, v, starts }, { y, dy }, headCounts(attributes), queryBlocks(extentOf(q, 1))),
  recomputes: ([q]) => isLongRow(extentOf(q, 1)),
};

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
