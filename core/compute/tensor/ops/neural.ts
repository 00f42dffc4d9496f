import { numberAttribute } from '../attributes.js';
import { shapeMismatch } from '../errors.js';
import { extentOf, extents } from '../extents.js';
import { expectDType, type Op, type Tensor } from '../graph.js';
import { sameShape } from '../types.js';
import { add, cast, div, exp, log, mul, neg, sigmoid, sqrt, stopGradient, sub } from './elementwise.js';
import { matmul } from './linear.js';
import { oneHot, pick, toRows } from './rows.js';
import { concat, expand, max, reshape, slice, sum, sumTo } from './shape.js';

/**
 * Macro-ops of a decoder but for attention. Each `decompose` is the definition; a backend may use a kernel of its own
 * and is held to the definition by the conformance suite. Without a gradient, autodiff differentiates the definition.
 */

const siluOp: Op<1> = {
  name: 'silu',
  infer: ([x]) => {
    expectDType('silu', 'f32', x);
    return [{ shape: x.shape, dtype: 'f32' }];
  },
  decompose: ([x]) => [mul(x, sigmoid(x))],
  // σ + y − y σ: two passes over the widest tensor of a block fewer than differentiating the product.
  gradient: ({ inputs: [x], outputs: [y] }, [dy]) => {
    const s = sigmoid(x);
    return [dy && mul(dy, add(s, sub(y, mul(y, s))))];
  },
};

/** x · sigmoid(x), the gate of SwiGLU. */
export const silu = (x: Tensor): Tensor => x.graph.node(siluOp, [x])[0];

const softmaxOp: Op<1> = {
  name: 'softmax',
  infer: ([x]) => {
    expectDType('softmax', 'f32', x);
    return [{ shape: x.shape, dtype: 'f32' }];
  },
  decompose: ([x]) => {
    const e = exp(sub(x, max(stopGradient(x), [-1], true)));
    return [div(e, sum(e, [-1], true))];
  },
  gradient: ({ outputs: [y] }, [dy]) => [dy && mul(y, sub(dy, sum(mul(dy, y), [-1], true)))],
};

/** Softmax over the last axis. */
export const softmax = (x: Tensor): Tensor => x.graph.node(softmaxOp, [x])[0];

const rmsNormOp: Op<2> = {
  name: 'rmsNorm',
  infer: ([x, weight]) => {
    expectDType('rmsNorm', 'f32', x, weight);
    if (!sameShape(weight.shape, x.shape.slice(-1)))
      throw shapeMismatch('rmsNorm', [x, weight], 'a weight as long as the last axis');
    return [{ shape: x.shape, dtype: 'f32' }];
  },
  decompose: ([x, weight], attributes) => [mul(normalised(x, numberAttribute(attributes, 'epsilon')).value, weight)],
  // Written out, because it needs half the passes over x that differentiating the definition takes.
  gradient: ({ inputs: [x, weight], attributes }, [dy]) => {
    if (!dy) return [];
    const width = extentOf(x, -1);
    const { value, inverse } = normalised(x, numberAttribute(attributes, 'epsilon'));
    const dWeight = mul(dy, value);
    const mean = mul(reshape(matmul(toRows(dWeight), reshape(weight, [width, 1])), inverse.shape), 1 / width);
    return [mul(inverse, sub(mul(dy, weight), mul(value, mean))), sumTo(dWeight, weight.shape)];
  },
};

/** x / sqrt(mean(x²) + ε) over the last axis, and the factor [..., 1]. */
function normalised(x: Tensor, epsilon: number): { value: Tensor; inverse: Tensor } {
  const meanSquare = mul(sum(mul(x, x), [-1], true), 1 / extentOf(x, -1));
  const inverse = div(1, sqrt(add(meanSquare, epsilon)));
  return { value: mul(x, inverse), inverse };
}

/** x / sqrt(mean(x²) + ε) · weight over the last axis (Zhang & Sennrich 2019). */
export const rmsNorm = (x: Tensor, weight: Tensor, epsilon: number): Tensor =>
  x.graph.node(rmsNormOp, [x, weight], { epsilon })[0];

const rotaryOp: Op<3> = {
  name: 'rotary',
  infer: ([x, cos, sin], attributes) => {
    expectDType('rotary', 'f32', x, cos, sin);
    const half = extentOf(x, -1) / numberAttribute(attributes, 'heads') / 2;
    const angles = [...x.shape.slice(0, 1), half];
    if (x.shape.length !== 2 || !sameShape(cos.shape, angles) || !sameShape(sin.shape, angles))
      throw shapeMismatch('rotary', [x, cos, sin], 'x [N, heads · 2h], cos and sin [N, h]');
    return [{ shape: x.shape, dtype: 'f32' }];
  },
  decompose: ([x, cos, sin], attributes) => {
    const [tokens, width] = extents(x, 2);
    const { first, second, half } = halves(x, numberAttribute(attributes, 'heads'));
    const c = reshape(cos, [tokens, 1, half]),
      s = reshape(sin, [tokens, 1, half]);
    const rotated = [sub(mul(first, c), mul(second, s)), add(mul(second, c), mul(first, s))];
    return [reshape(concat(rotated, 2), [tokens, width])];
  },
  // A rotation back by the same angles.
  gradient: ({ inputs: [x, cos, sin], attributes }, [dy]) => {
    if (!dy) return [];
    const heads = numberAttribute(attributes, 'heads');
    const of = halves(x, heads),
      d = halves(dy, heads);
    return [
      rotary(dy, cos, neg(sin), heads),
      sum(add(mul(of.first, d.first), mul(of.second, d.second)), [1]),
      sum(sub(mul(of.first, d.second), mul(of.second, d.first)), [1]),
    ];
  },
};

/** The two halves [N, heads, h] of every head of x [N, heads · 2h]. */
function halves(x: Tensor, heads: number): { first: Tensor; second: Tensor; half: number } {
  const [tokens, width] = extents(x, 2);
  const half = width / heads / 2;
  const parts = reshape(x, [tokens, heads, 2, half]);
  const part = (i: number): Tensor => reshape(slice(parts, 2, i, i + 1), [tokens, heads, half]);
  return { first: part(0), second: part(1), half };
}

/**
 * Rotary position embedding in the half-split form of Hugging Face: x [N, heads · 2h], cos and sin [N, h] of each
 * token's angles.
 */
export const rotary = (x: Tensor, cos: Tensor, sin: Tensor, heads: number): Tensor =>
  x.graph.node(rotaryOp, [x, cos, sin], { heads })[0];

const tokenLogprobOp: Op<2, 2> = {
  name: 'tokenLogprob',
  infer: ([logits, ids]) => {
    expectDType('tokenLogprob', 'f32', logits);
    expectDType('tokenLogprob', 'i32', ids);
    if (logits.shape.length !== 2 || !sameShape(ids.shape, logits.shape.slice(0, 1)))
      throw shapeMismatch('tokenLogprob', [logits, ids], 'logits [N, V] and ids [N]');
    return [
      { shape: ids.shape, dtype: 'f32' },
      { shape: ids.shape, dtype: 'f32' },
    ];
  },
  decompose: ([logits, ids]) => {
    const top = max(stopGradient(logits), [-1], true);
    const shifted = sub(logits, top);
    const logSum = log(sum(exp(shifted), [-1], true));
    const probabilities = exp(sub(shifted, logSum));
    const entropy = sub(reshape(logSum, ids.shape), sum(mul(probabilities, shifted), [-1]));
    return [sub(pick(shifted, ids), reshape(logSum, ids.shape)), entropy];
  },
  gradient: ({ inputs: [logits, ids], outputs: [, entropy] }, [dLogprob, dEntropy]) => {
    const shifted = sub(logits, max(stopGradient(logits), [-1], true));
    const logprobs = sub(shifted, log(sum(exp(shifted), [-1], true)));
    const probabilities = exp(logprobs);
    const column = (t: Tensor): Tensor => reshape(t, [...t.shape, 1]);
    let ofLogprob: Tensor | undefined, ofEntropy: Tensor | undefined;
    if (dLogprob) {
      const hit = cast(oneHot(ids, extentOf(logits, 1)), 'f32');
      ofLogprob = mul(expand(column(dLogprob), logits.shape), sub(hit, probabilities));
    }
    if (dEntropy) ofEntropy = neg(mul(column(dEntropy), mul(probabilities, add(logprobs, column(entropy)))));
    return [ofLogprob && ofEntropy ? add(ofLogprob, ofEntropy) : (ofLogprob ?? ofEntropy)];
  },
};

/** Log-probability of `ids` [N] under logits [N, V], and the entropy of each distribution in nats: two tensors [N]. */
export function tokenLogprob(logits: Tensor, ids: Tensor): { logprob: Tensor; entropy: Tensor } {
  const [logprob, entropy] = logits.graph.node(tokenLogprobOp, [logits, ids]);
  return { logprob, entropy };
}
