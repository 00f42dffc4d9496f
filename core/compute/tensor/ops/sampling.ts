import { numberAttribute } from '../attributes.js';
import { shapeMismatch } from '../errors.js';
import { extentOf, extents } from '../extents.js';
import { smallestNormal } from '../float32.js';
import { expectDType, type Op, type Tensor } from '../graph.js';
import { sameShape, type Tuple } from '../types.js';
import {
  add,
  and,
  cast,
  div,
  equal,
  exp,
  less,
  lessEqual,
  log,
  maximum,
  minimum,
  mul,
  sub,
  where,
} from './elementwise.js';
import { matmul } from './linear.js';
import { oneHot, pick } from './rows.js';
import { expand, max, reshape, sum, transpose } from './shape.js';

/** Macro-ops of sampling. None is differentiable; most are fastest as one loop on the host. */

const cacheWriteOp: Op<3> = {
  name: 'cacheWrite',
  infer: (inputs, attributes) => {
    const [cache, values, index] = inputs;
    expectDType('cacheWrite', 'f32', cache, values);
    expectDType('cacheWrite', 'i32', index);
    const fits = (): boolean => {
      const { heads, h } = cacheLayout(cache, numberAttribute(attributes, 'axis'));
      return sameShape(values.shape, [extentOf(index, 0), heads * h]);
    };
    if (cache.shape.length !== 4 || index.shape.length !== 1 || !fits())
      throw shapeMismatch('cacheWrite', inputs, 'a cache [S, heads, ·, ·], values [M, heads · h] and index [M]');
    return [{ shape: cache.shape, dtype: 'f32' }];
  },
  decompose: ([cache, values, index], attributes) => {
    const axis = numberAttribute(attributes, 'axis');
    const { lanes, heads, h, capacity } = cacheLayout(cache, axis);
    const hit = cast(oneHot(index, lanes * capacity), 'f32');
    const rows = reshape(matmul(hit, values, { transA: true }), [lanes, capacity, heads, h]);
    const written = reshape(sum(hit, [0]), [lanes, capacity, 1, 1]);
    const order = axis === 3 ? [0, 2, 3, 1] : [0, 2, 1, 3];
    return [where(less(0.5, transpose(expand(written, rows.shape), order)), transpose(rows, order), cache)];
  },
};

interface CacheLayout {
  readonly lanes: number;
  readonly heads: number;
  readonly h: number;
  readonly capacity: number;
}

function cacheLayout(cache: Tensor, axis: number): CacheLayout {
  const [lanes, heads, x, y] = extents(cache, 4);
  return axis === 3 ? { lanes, heads, h: x, capacity: y } : { lanes, heads, h: y, capacity: x };
}

/**
 * The cache [S, heads, ·, ·], whose tokens lie along `axis` (3 for transposed keys, 2 for values; extent C), with row m
 * of `values` [M, heads · h] written to lane ⌊index[m] / C⌋ at token index[m] mod C. A negative index writes nothing;
 * no index may come twice. Donate the cache: a host kernel then writes in place.
 */
export const cacheWrite = (cache: Tensor, values: Tensor, index: Tensor, axis: 2 | 3): Tensor =>
  cache.graph.node(cacheWriteOp, [cache, values, index], { axis })[0];

const categoricalOp: Op<5, 2> = {
  name: 'categorical',
  infer: (inputs) => {
    const [logits, ...perRow] = inputs;
    const [uniforms, temperature, topP, topK] = perRow;
    expectDType('categorical', 'f32', logits, uniforms, temperature, topP);
    expectDType('categorical', 'i32', topK);
    if (logits.shape.length !== 2 || perRow.some((t) => !sameShape(t.shape, logits.shape.slice(0, 1))))
      throw shapeMismatch('categorical', inputs, 'logits [S, V] and four tensors [S]');
    return [
      { shape: uniforms.shape, dtype: 'i32' },
      { shape: uniforms.shape, dtype: 'f32' },
    ];
  },
  decompose: decomposeCategorical,
};

/** A uniform in [0, 1) may become 1 when it is rounded to f32. */
const largestBelowOne = 1 - 2 ** -24;

/**
 * Ranks by comparing all pairs: clear, and quadratic in memory for every row; only for small vocabularies and as the
 * oracle of kernels.
 */
function decomposeCategorical([logits, uniforms, temperature, topP, topK]: Tuple<Tensor, 5>): readonly [
  Tensor,
  Tensor,
] {
  const [lanes, vocabulary] = extents(logits, 2);
  const column = (t: Tensor): Tensor => reshape(t, [lanes, 1]);
  const indicator = (condition: Tensor): Tensor => cast(condition, 'f32');
  const greedy = less(temperature, smallestNormal);
  // Divided after the largest is subtracted: at a low temperature the quotients would overflow, and their difference be
  // NaN.
  const scaled = div(sub(logits, max(logits, [-1], true)), column(where(greedy, 1, temperature)));
  const logprobs = sub(scaled, log(sum(exp(scaled), [-1], true)));
  const probabilities = exp(logprobs);
  const id = logits.graph.iota(vocabulary);
  const mine = [lanes, vocabulary, 1],
    other = [lanes, 1, vocabulary];
  const lowerId = less(reshape(id, [1, 1, vocabulary]), reshape(id, [1, vocabulary, 1]));
  const larger = indicator(less(reshape(scaled, mine), reshape(scaled, other)));
  const tied = indicator(and(equal(reshape(scaled, mine), reshape(scaled, other)), lowerId));
  const before = add(larger, tied);
  const rank = sum(before, [-1]);
  const massBefore = sum(mul(before, reshape(probabilities, other)), [-1]);
  const limit = where(greedy, 1, cast(where(lessEqual(topK, 0), vocabulary, topK), 'f32'));
  const inTopK = less(rank, column(limit));
  const topKMass = sum(mul(probabilities, indicator(inTopK)), [-1]);
  // At 1 the cut is off: the mass before an unlikely token may have been rounded up to all of it.
  const nucleus = mul(where(lessEqual(1, topP), 2, topP), topKMass);
  const kept = and(less(massBefore, column(nucleus)), inTopK);
  // At least the most probable token stays, whatever top-p says.
  const weight = maximum(mul(probabilities, indicator(kept)), mul(probabilities, indicator(less(rank, 0.5))));
  const upTo = indicator(lessEqual(reshape(id, [1, 1, vocabulary]), reshape(id, [1, vocabulary, 1])));
  const cumulative = sum(mul(expand(upTo, [lanes, vocabulary, vocabulary]), reshape(weight, other)), [-1]);
  // Both so that rounding can never put the threshold beyond the last kept token, whose cumulative weight is the total.
  const total = max(cumulative, [-1], true);
  const threshold = mul(column(minimum(uniforms, largestBelowOne)), total);
  const passed = sum(indicator(lessEqual(cumulative, threshold)), [-1]);
  const token = cast(passed, 'i32');
  return [token, pick(logprobs, token)];
}

export interface CategoricalTensors {
  /** f32 [S, V]. */
  readonly logits: Tensor;
  /** f32 [S], in [0, 1). */
  readonly uniforms: Tensor;
  /** f32 [S]; 0, or anything below the smallest normal float32, takes the most probable token. */
  readonly temperature: Tensor;
  /** f32 [S], a share of what top-k keeps; 1 switches the nucleus off. */
  readonly topP: Tensor;
  /** i32 [S]; 0 means all tokens. */
  readonly topK: Tensor;
}

/**
 * Draws a token per row of logits: softmax at `temperature`, cut to the `topK` most probable, renormalised, cut to the
 * smallest set holding `topP`, then the inverse of the cumulative distribution in order of id at `uniforms`. Result i32
 * [S], and the token's log-probability f32 [S] under the uncut distribution (temperature 1 when greedy). The cuts and
 * their order are those of vLLM and transformers, except that of equal logits at an edge only the lower ids are kept.
 */
export function categorical(t: CategoricalTensors): { token: Tensor; logprob: Tensor } {
  const inputs = [t.logits, t.uniforms, t.temperature, t.topP, t.topK] as const;
  const [token, logprob] = t.logits.graph.node(categoricalOp, inputs);
  return { token, logprob };
}
