import { expectDType, shapeError, type Attributes, type OpDefinition, type Tensor } from '../graph.js';
import { sameShape } from '../types.js';
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
  sqrt,
  sub,
  where,
} from './elementwise.js';
import { matmul } from './linear.js';
import { oneHot, pick } from './rows.js';
import { expand, max, reshape, sum, transpose } from './shape.js';

/** Macro-ops of sampling and of optimizer steps. None is differentiable; most run best as one loop on the host. */

const number = (a: Attributes, name: string): number => a[name] as number;

const sumSquaresOp: OpDefinition = {
  name: 'sumSquares',
  infer: ([x]) => {
    expectDType('sumSquares', 'f32', x!);
    return [{ shape: [], dtype: 'f32' }];
  },
  expand: ([x]) => [sum(mul(x!, x!))],
};

/** Σ x² as a scalar: the part of a global gradient norm that belongs to one tensor. */
export const sumSquares = (x: Tensor): Tensor => x.graph.node(sumSquaresOp, [x])[0]!;

const adamWOp: OpDefinition = {
  name: 'adamW',
  infer: ([parameter, gradient, m, v, learningRate, step, gradientScale]) => {
    const all = [parameter!, gradient!, m!, v!, learningRate!, step!, gradientScale!];
    expectDType('adamW', 'f32', ...all);
    if (
      [gradient!, m!, v!].some((t) => !sameShape(t.shape, parameter!.shape)) ||
      [learningRate!, step!, gradientScale!].some((t) => t.shape.length > 0)
    ) {
      shapeError('adamW', all, 'parameter, gradient, m and v of one shape, then three scalars');
    }
    return [parameter!, m!, v!].map((t) => ({ shape: t.shape, dtype: 'f32' as const }));
  },
  expand: ([parameter, gradient, m, v, learningRate, step, gradientScale], a) => {
    const beta1 = number(a, 'beta1'),
      beta2 = number(a, 'beta2');
    const g = mul(gradient!, gradientScale!);
    const nextM = add(mul(m!, beta1), mul(g, 1 - beta1));
    const nextV = add(mul(v!, beta2), mul(mul(g, g), 1 - beta2));
    const correction = (beta: number): Tensor => sub(1, exp(mul(step!, Math.log(beta))));
    const denominator = add(sqrt(div(nextV, correction(beta2))), number(a, 'epsilon'));
    const update = div(div(nextM, correction(beta1)), denominator);
    const decayed = mul(parameter!, sub(1, mul(learningRate!, number(a, 'weightDecay'))));
    return [sub(decayed, mul(learningRate!, update)), nextM, nextV];
  },
};

export interface AdamWTensors {
  parameter: Tensor;
  gradient: Tensor;
  m: Tensor;
  v: Tensor;
  learningRate: Tensor;
  step: Tensor;
  gradientScale: Tensor;
}

/** One AdamW step (Loshchilov & Hutter 2019, as in PyTorch): decoupled decay, bias-corrected moments; `step` counts from 1. */
export function adamW(
  t: AdamWTensors,
  settings: { beta1: number; beta2: number; epsilon: number; weightDecay: number },
): { parameter: Tensor; m: Tensor; v: Tensor } {
  const [parameter, m, v] = t.parameter.graph.node(
    adamWOp,
    [t.parameter, t.gradient, t.m, t.v, t.learningRate, t.step, t.gradientScale],
    { ...settings },
  );
  return { parameter: parameter!, m: m!, v: v! };
}

const cacheWriteOp: OpDefinition = {
  name: 'cacheWrite',
  infer: ([cache, values, index], a) => {
    expectDType('cacheWrite', 'f32', cache!, values!);
    expectDType('cacheWrite', 'i32', index!);
    const { heads, h } = cacheLayout(cache!, number(a, 'axis'));
    if (
      cache!.shape.length !== 4 ||
      !sameShape(values!.shape, [index!.shape[0]!, heads * h]) ||
      index!.shape.length !== 1
    ) {
      shapeError(
        'cacheWrite',
        [cache!, values!, index!],
        'a cache [S, heads, ·, ·], values [M, heads · h] and index [M]',
      );
    }
    return [{ shape: cache!.shape, dtype: 'f32' }];
  },
  expand: ([cache, values, index], a) => {
    const { slots, heads, h, capacity } = cacheLayout(cache!, number(a, 'axis'));
    const hit = cast(oneHot(index!, slots * capacity), 'f32');
    const placed = reshape(matmul(hit, values!, { transA: true }), [slots, capacity, heads, h]);
    const written = reshape(sum(hit, [0]), [slots, capacity, 1, 1]);
    const order = number(a, 'axis') === 3 ? [0, 2, 3, 1] : [0, 2, 1, 3];
    return [where(less(0.5, transpose(expand(written, placed.shape), order)), transpose(placed, order), cache!)];
  },
};

const cacheLayout = (cache: Tensor, axis: number): { slots: number; heads: number; h: number; capacity: number } => {
  const [slots, heads, x, y] = cache.shape as [number, number, number, number];
  return { slots, heads, h: axis === 3 ? x : y, capacity: axis === 3 ? y : x };
};

/**
 * The cache [S, heads, ·, ·], whose tokens lie along `axis` (3 for transposed keys, 2 for values; extent C), with row m of
 * `values` [M, heads · h] written to slot ⌊index[m] / C⌋ at token index[m] mod C. A negative index writes nothing; no index
 * may come twice. Donate the cache: a host kernel then writes in place.
 */
export const cacheWrite = (cache: Tensor, values: Tensor, index: Tensor, axis: 2 | 3): Tensor =>
  cache.graph.node(cacheWriteOp, [cache, values, index], { axis })[0]!;

const categoricalOp: OpDefinition = {
  name: 'categorical',
  infer: ([logits, uniforms, temperature, topP, topK]) => {
    const all = [logits!, uniforms!, temperature!, topP!, topK!];
    expectDType('categorical', 'f32', logits!, uniforms!, temperature!, topP!);
    expectDType('categorical', 'i32', topK!);
    if (logits!.shape.length !== 2 || all.slice(1).some((t) => !sameShape(t.shape, logits!.shape.slice(0, 1))))
      shapeError('categorical', all, 'logits [S, V] and four tensors [S]');
    return [
      { shape: uniforms!.shape, dtype: 'i32' },
      { shape: uniforms!.shape, dtype: 'f32' },
    ];
  },
  expand: (inputs) => expandCategorical(inputs as [Tensor, Tensor, Tensor, Tensor, Tensor]),
};

/** A uniform in [0, 1) may become 1 when it is rounded to f32. */
const largestBelowOne = 1 - 2 ** -24;

/** Ranks by comparing all pairs: clear, and cubic in memory; only for small vocabularies and as the oracle of kernels. */
function expandCategorical([logits, uniforms, temperature, topP, topK]: readonly [
  Tensor,
  Tensor,
  Tensor,
  Tensor,
  Tensor,
]): Tensor[] {
  const [slots, vocabulary] = logits.shape as [number, number];
  const column = (t: Tensor): Tensor => reshape(t, [slots, 1]);
  const indicator = (condition: Tensor): Tensor => cast(condition, 'f32');
  const greedy = lessEqual(temperature, 0);
  const scaled = div(logits, column(where(greedy, 1, temperature)));
  const shifted = sub(scaled, max(scaled, [-1], true));
  const logprobs = sub(shifted, log(sum(exp(shifted), [-1], true)));
  const probabilities = exp(logprobs);
  const id = logits.graph.iota(vocabulary);
  const [mine, other] = [
    [slots, vocabulary, 1],
    [slots, 1, vocabulary],
  ];
  const lowerId = less(reshape(id, [1, 1, vocabulary]), reshape(id, [1, vocabulary, 1]));
  const larger = indicator(less(reshape(scaled, mine), reshape(scaled, other)));
  const tied = indicator(and(equal(reshape(scaled, mine), reshape(scaled, other)), lowerId));
  const before = add(larger, tied);
  const rank = sum(before, [-1]);
  const massBefore = sum(mul(before, reshape(probabilities, other)), [-1]);
  const limit = where(greedy, 1, cast(where(lessEqual(topK, 0), vocabulary, topK), 'f32'));
  // At 1 the cut is off: the mass before an unlikely token may have been rounded up to 1.
  const nucleus = where(lessEqual(1, topP), 2, topP);
  const kept = and(less(massBefore, column(nucleus)), less(rank, column(limit)));
  // At least the most probable token stays, whatever top-p says.
  const weight = maximum(mul(probabilities, indicator(kept)), mul(probabilities, indicator(less(rank, 0.5))));
  const upTo = indicator(lessEqual(reshape(id, [1, 1, vocabulary]), reshape(id, [1, vocabulary, 1])));
  const cumulative = sum(mul(expand(upTo, [slots, vocabulary, vocabulary]), reshape(weight, other)), [-1]);
  // Both so that rounding can never put the threshold beyond the last kept token, whose cumulative weight is the total.
  const total = max(cumulative, [-1], true);
  const threshold = mul(column(minimum(uniforms, largestBelowOne)), total);
  const passed = sum(indicator(lessEqual(cumulative, threshold)), [-1]);
  const token = cast(passed, 'i32');
  return [token, pick(logprobs, token)];
}

/**
 * Draws a token per row from logits [S, V]: softmax at `temperature` (0: the most probable token), cut to the `topK` most
 * probable (0: all) and the smallest set holding `topP`, then the inverse of the cumulative distribution in order of id at
 * `uniforms` in [0, 1). Also returns its log-probability under the uncut distribution (temperature 1 when greedy).
 */
export function categorical(t: { logits: Tensor; uniforms: Tensor; temperature: Tensor; topP: Tensor; topK: Tensor }): {
  token: Tensor;
  logprob: Tensor;
} {
  const [token, logprob] = t.logits.graph.node(categoricalOp, [t.logits, t.uniforms, t.temperature, t.topP, t.topK]);
  return { token: token!, logprob: logprob! };
}
