import { expectDType, shapeError, type Attributes, type OpDefinition, type Tensor } from '../graph.js';
import { sameShape } from '../types.js';
import {
  add,
  and,
  div,
  exp,
  lessEqual,
  log,
  maximum,
  mul,
  neg,
  sigmoid,
  sqrt,
  stopGradient,
  sub,
  where,
} from './elementwise.js';
import { matmul } from './linear.js';
import { oneHot, pick, toRows } from './rows.js';
import { concat, expand, max, reshape, slice, sum, sumTo, transpose } from './shape.js';

/**
 * Macro-ops of a decoder. Each `expand` is the definition; a backend may run a kernel of its own and is held to the
 * definition by the conformance suite. Gradients come from differentiating the definition.
 */

/** Score of a forbidden attention pair: large enough to vanish in the softmax, finite so that no NaN arises. */
const forbidden = -1e30;

const single = (op: OpDefinition, inputs: readonly Tensor[], attributes?: Attributes): Tensor =>
  inputs[0]!.graph.node(op, inputs, attributes)[0]!;
const number = (a: Attributes, name: string): number => a[name] as number;

const siluOp: OpDefinition = {
  name: 'silu',
  infer: ([x]) => {
    expectDType('silu', 'f32', x!);
    return [{ shape: x!.shape, dtype: 'f32' }];
  },
  expand: ([x]) => [mul(x!, sigmoid(x!))],
  // σ + y − y σ: two passes over the widest tensor of a block fewer than differentiating the product.
  gradient: (node, [dy]) => {
    const s = sigmoid(node.inputs[0]!);
    const y = node.outputs[0]!;
    return [dy && mul(dy, add(s, sub(y, mul(y, s))))];
  },
};

/** x · sigmoid(x), the gate of SwiGLU. */
export const silu = (x: Tensor): Tensor => single(siluOp, [x]);

const softmaxOp: OpDefinition = {
  name: 'softmax',
  infer: ([x]) => {
    expectDType('softmax', 'f32', x!);
    return [{ shape: x!.shape, dtype: 'f32' }];
  },
  expand: ([x]) => {
    const e = exp(sub(x!, max(stopGradient(x!), [-1], true)));
    return [div(e, sum(e, [-1], true))];
  },
  gradient: (node, [dy]) => {
    const y = node.outputs[0]!;
    return [dy && mul(y, sub(dy, sum(mul(dy, y), [-1], true)))];
  },
};

/** Softmax over the last axis. */
export const softmax = (x: Tensor): Tensor => single(softmaxOp, [x]);

const rmsNormOp: OpDefinition = {
  name: 'rmsNorm',
  infer: ([x, weight]) => {
    expectDType('rmsNorm', 'f32', x!, weight!);
    if (!sameShape(weight!.shape, x!.shape.slice(-1)))
      shapeError('rmsNorm', [x!, weight!], 'a weight as long as the last axis');
    return [{ shape: x!.shape, dtype: 'f32' }];
  },
  expand: ([x, weight], a) => [mul(normalised(x!, number(a, 'epsilon')).value, weight!)],
  // Written out, because it needs half the passes over x that differentiating the definition takes.
  gradient: (node, [dy]) => {
    const [x, weight] = node.inputs as [Tensor, Tensor];
    if (!dy) return [];
    const width = x.shape.at(-1)!;
    const { value, inverse } = normalised(x, number(node.attributes, 'epsilon'));
    const dWeight = mul(dy, value);
    const mean = mul(reshape(matmul(toRows(dWeight), reshape(weight, [width, 1])), inverse.shape), 1 / width);
    return [mul(inverse, sub(mul(dy, weight), mul(value, mean))), sumTo(dWeight, weight.shape)];
  },
};

/** x / sqrt(mean(x²) + ε) over the last axis, and the factor [..., 1]. */
function normalised(x: Tensor, epsilon: number): { value: Tensor; inverse: Tensor } {
  const meanSquare = mul(sum(mul(x, x), [-1], true), 1 / x.shape.at(-1)!);
  const inverse = div(1, sqrt(add(meanSquare, epsilon)));
  return { value: mul(x, inverse), inverse };
}

/** x / sqrt(mean(x²) + ε) · weight over the last axis (Zhang & Sennrich 2019). */
export const rmsNorm = (x: Tensor, weight: Tensor, epsilon: number): Tensor =>
  single(rmsNormOp, [x, weight], { epsilon });

const rotaryOp: OpDefinition = {
  name: 'rotary',
  infer: ([x, cos, sin], a) => {
    expectDType('rotary', 'f32', x!, cos!, sin!);
    const [tokens, width] = x!.shape as [number, number];
    const half = width / number(a, 'heads') / 2;
    if (x!.shape.length !== 2 || !sameShape(cos!.shape, [tokens, half]) || !sameShape(sin!.shape, cos!.shape))
      shapeError('rotary', [x!, cos!, sin!], 'x [N, heads · 2h], cos and sin [N, h]');
    return [{ shape: x!.shape, dtype: 'f32' }];
  },
  expand: ([x, cos, sin], a) => {
    const [tokens, width] = x!.shape as [number, number];
    const { first, second, half } = halves(x!, number(a, 'heads'));
    const c = reshape(cos!, [tokens, 1, half]),
      s = reshape(sin!, [tokens, 1, half]);
    return [
      reshape(concat([sub(mul(first, c), mul(second, s)), add(mul(second, c), mul(first, s))], 2), [tokens, width]),
    ];
  },
  // Turning back by the same angles.
  gradient: (node, [dy]) => {
    const [x, cos, sin] = node.inputs as [Tensor, Tensor, Tensor];
    if (!dy) return [];
    const heads = number(node.attributes, 'heads');
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
  const [tokens, width] = x.shape as [number, number];
  const half = width / heads / 2;
  const parts = reshape(x, [tokens, heads, 2, half]);
  const part = (i: number): Tensor => reshape(slice(parts, 2, i, i + 1), [tokens, heads, half]);
  return { first: part(0), second: part(1), half };
}

/** Rotary position embedding in the half-split form of Hugging Face: x [N, heads · 2h], cos and sin [N, h] of each token's angles. */
export const rotary = (x: Tensor, cos: Tensor, sin: Tensor, heads: number): Tensor =>
  single(rotaryOp, [x, cos, sin], { heads });

/** Query heads that share a key head are stacked: [rows, R, heads · h] → [rows, kvHeads, group · R, h]; no key is copied. */
function splitHeads(x: Tensor, heads: number, kvHeads: number): Tensor {
  const [rows, length, width] = x.shape as [number, number, number];
  const h = width / heads,
    group = heads / kvHeads;
  return reshape(transpose(reshape(x, [rows, length, kvHeads, group, h]), [0, 2, 3, 1, 4]), [
    rows,
    kvHeads,
    group * length,
    h,
  ]);
}

function joinHeads(x: Tensor, heads: number, length: number): Tensor {
  const [rows, kvHeads, , h] = x.shape as [number, number, number, number];
  return reshape(transpose(reshape(x, [rows, kvHeads, heads / kvHeads, length, h]), [0, 3, 1, 2, 4]), [
    rows,
    length,
    heads * h,
  ]);
}

/** f32 [rows, R, R]: 0 where token i may see token j, that is start[i] ≤ j ≤ i, else a very negative number. */
function segmentCausalBias(starts: Tensor): Tensor {
  const [rows, length] = starts.shape as [number, number];
  const j = reshape(starts.graph.iota(length), [1, 1, length]);
  const i = reshape(starts.graph.iota(length), [1, length, 1]);
  const allowed = and(lessEqual(reshape(starts, [rows, length, 1]), j), lessEqual(j, i));
  return where(allowed, 0, forbidden);
}

/** Width of one head of q [..., heads · h]; throws unless the heads divide the width and share key heads evenly. */
function headWidth(op: string, q: Tensor, a: Attributes): number {
  const heads = number(a, 'heads'),
    kvHeads = number(a, 'kvHeads'),
    width = q.shape.at(-1) ?? 0;
  if (!Number.isInteger(heads / kvHeads) || width % heads !== 0)
    shapeError(op, [q], `a width that ${heads} heads divide, and a number of heads that ${kvHeads} key heads divide`);
  return width / heads;
}

const attentionOp: OpDefinition = {
  name: 'attention',
  infer: ([q, k, v, starts], a) => {
    expectDType('attention', 'f32', q!, k!, v!);
    expectDType('attention', 'i32', starts!);
    const kvShape = [q!.shape[0]!, q!.shape[1]!, headWidth('attention', q!, a) * number(a, 'kvHeads')];
    if (
      q!.shape.length !== 3 ||
      !sameShape(k!.shape, kvShape) ||
      !sameShape(v!.shape, kvShape) ||
      !sameShape(starts!.shape, q!.shape.slice(0, 2))
    ) {
      shapeError(
        'attention',
        [q!, k!, v!, starts!],
        'q [rows, R, heads · h], k and v [rows, R, kvHeads · h], starts [rows, R]',
      );
    }
    return [{ shape: q!.shape, dtype: 'f32' }];
  },
  expand: ([q, k, v, starts], a) => {
    const { weights, values } = attentionParts(q!, k!, v!, starts!, a);
    return [joinHeads(matmul(weights, values), number(a, 'heads'), q!.shape[1]!)];
  },
  gradient: (node, [dy]) =>
    dy ? dy.graph.node(attentionGradientOp, [...node.inputs, node.outputs[0]!, dy], node.attributes) : [],
};

/** Gradients of q, k and v from those, starts, the output and its gradient: a macro-op, so that a backend can compute it without the matrix of weights. */
const attentionGradientOp: OpDefinition = {
  name: 'attentionGradient',
  infer: ([q, k, v]) => [q!, k!, v!].map(({ shape }) => ({ shape, dtype: 'f32' as const })),
  // As in FlashAttention (Dao et al. 2022): the mean of the weights' gradient under the weights is taken from the output, which is
  // smaller than the weights by the ratio of head width to length.
  expand: ([q, k, v, starts, y, dy], a) => {
    const heads = number(a, 'heads'),
      kvHeads = number(a, 'kvHeads'),
      length = q!.shape[1]!;
    const { queries, keys, values, weights, scale } = attentionParts(q!, k!, v!, starts!, a);
    const dMixed = splitHeads(dy!, heads, kvHeads);
    const mean = splitHeads(
      reshape(sum(reshape(mul(dy!, y!), [...q!.shape.slice(0, 2), heads, q!.shape[2]! / heads]), [-1]), [
        ...q!.shape.slice(0, 2),
        heads,
      ]),
      heads,
      kvHeads,
    );
    const dScores = mul(weights, sub(matmul(dMixed, values, { transB: true }), mean));
    return [
      joinHeads(mul(matmul(dScores, keys), scale), heads, length),
      joinHeads(matmul(dScores, queries, { transA: true }), kvHeads, length),
      joinHeads(matmul(weights, dMixed, { transA: true }), kvHeads, length),
    ];
  },
};

/** Scaled queries [rows, kvHeads, group · R, h], keys and values [rows, kvHeads, R, h], and the weights [rows, kvHeads, group · R, R]. */
function attentionParts(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  starts: Tensor,
  a: Attributes,
): Record<'queries' | 'keys' | 'values' | 'weights', Tensor> & { scale: number } {
  const heads = number(a, 'heads'),
    kvHeads = number(a, 'kvHeads');
  const [rows, length, width] = q.shape as [number, number, number];
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
 * Grouped-query attention over packed rows: token i of a row sees tokens starts[i] … i of the same row, so it never looks
 * across a sequence border. Padding tokens must have starts[i] = i.
 */
export const attention = (q: Tensor, k: Tensor, v: Tensor, starts: Tensor, heads: number, kvHeads: number): Tensor =>
  single(attentionOp, [q, k, v, starts], { heads, kvHeads });

const decodeAttentionOp: OpDefinition = {
  name: 'decodeAttention',
  infer: ([q, k, v, keyCache, valueCache, lengths], a) => {
    expectDType('decodeAttention', 'f32', q!, k!, v!, keyCache!, valueCache!);
    expectDType('decodeAttention', 'i32', lengths!);
    const slots = q!.shape[0]!,
      kvHeads = number(a, 'kvHeads'),
      h = headWidth('decodeAttention', q!, a),
      capacity = keyCache!.shape[3]!;
    if (
      q!.shape.length !== 2 ||
      !sameShape(k!.shape, [slots, kvHeads * h]) ||
      !sameShape(v!.shape, k!.shape) ||
      !sameShape(keyCache!.shape, [slots, kvHeads, h, capacity]) ||
      !sameShape(valueCache!.shape, [slots, kvHeads, capacity, h]) ||
      !sameShape(lengths!.shape, [slots])
    ) {
      shapeError(
        'decodeAttention',
        [q!, k!, v!, keyCache!, valueCache!, lengths!],
        'q [S, heads · h], k and v [S, kvHeads · h], keys [S, kvHeads, h, C], values [S, kvHeads, C, h], lengths [S]',
      );
    }
    return [{ shape: q!.shape, dtype: 'f32' }];
  },
  expand: ([q, k, v, keyCache, valueCache, lengths], a) => {
    const heads = number(a, 'heads'),
      kvHeads = number(a, 'kvHeads');
    const [slots, width] = q!.shape as [number, number];
    const h = width / heads,
      group = heads / kvHeads,
      capacity = keyCache!.shape[3]!;
    const queries = mul(reshape(q!, [slots, kvHeads, group, h]), 1 / Math.sqrt(h));
    const inPast = lessEqual(
      add(reshape(lengths!.graph.iota(capacity), [1, 1, 1, capacity]), 1),
      reshape(lengths!, [slots, 1, 1, 1]),
    );
    const past = add(matmul(queries, keyCache!), where(inPast, 0, forbidden));
    const current = matmul(queries, reshape(k!, [slots, kvHeads, h, 1]));
    const top = maximum(max(stopGradient(past), [-1], true), stopGradient(current));
    const pastWeights = exp(sub(past, top)),
      currentWeight = exp(sub(current, top));
    // A product with ones is summed in the order of the tokens, a sum in one that may depend on the capacity.
    const ones = expand(q!.graph.scalar(1), [1, capacity]);
    const total = add(
      reshape(matmul(reshape(pastWeights, [slots * heads, capacity]), ones, { transB: true }), current.shape),
      currentWeight,
    );
    const mixed = div(
      add(matmul(pastWeights, valueCache!), mul(currentWeight, reshape(v!, [slots, kvHeads, 1, h]))),
      total,
    );
    return [reshape(mixed, [slots, width])];
  },
};

/**
 * Attention of one new token per slot over its cache of `lengths[s]` earlier tokens and itself. The cache is only read; keys
 * are stored transposed, so that no transposition is needed at any step.
 */
export const decodeAttention = (
  t: { q: Tensor; k: Tensor; v: Tensor; keyCache: Tensor; valueCache: Tensor; lengths: Tensor },
  heads: number,
  kvHeads: number,
): Tensor => single(decodeAttentionOp, [t.q, t.k, t.v, t.keyCache, t.valueCache, t.lengths], { heads, kvHeads });

const tokenLogprobOp: OpDefinition = {
  name: 'tokenLogprob',
  infer: ([logits, ids]) => {
    expectDType('tokenLogprob', 'f32', logits!);
    expectDType('tokenLogprob', 'i32', ids!);
    if (logits!.shape.length !== 2 || !sameShape(ids!.shape, logits!.shape.slice(0, 1)))
      shapeError('tokenLogprob', [logits!, ids!], 'logits [N, V] and ids [N]');
    return [
      { shape: ids!.shape, dtype: 'f32' },
      { shape: ids!.shape, dtype: 'f32' },
    ];
  },
  expand: ([logits, ids]) => {
    const top = max(stopGradient(logits!), [-1], true);
    const shifted = sub(logits!, top);
    const logSum = log(sum(exp(shifted), [-1], true));
    const probabilities = exp(sub(shifted, logSum));
    const entropy = sub(reshape(logSum, ids!.shape), sum(mul(probabilities, shifted), [-1]));
    return [sub(pick(shifted, ids!), reshape(logSum, ids!.shape)), entropy];
  },
  gradient: (node, [dLogprob, dEntropy]) => {
    const [logits, ids] = node.inputs as [Tensor, Tensor];
    const shifted = sub(logits, max(stopGradient(logits), [-1], true));
    const logprobs = sub(shifted, log(sum(exp(shifted), [-1], true)));
    const probabilities = exp(logprobs);
    const column = (t: Tensor): Tensor => reshape(t, [...t.shape, 1]);
    const parts: Tensor[] = [];
    if (dLogprob) {
      const hit = where(oneHot(ids, logits.shape[1]!), 1, 0);
      parts.push(mul(expand(column(dLogprob), logits.shape), sub(hit, probabilities)));
    }
    if (dEntropy) parts.push(neg(mul(column(dEntropy), mul(probabilities, add(logprobs, column(node.outputs[1]!))))));
    return [parts.length === 2 ? add(parts[0]!, parts[1]!) : parts[0]];
  },
};

/** Log-probability of `ids` [N] under logits [N, V], and the entropy of each distribution in nats: two tensors [N]. */
export function tokenLogprob(logits: Tensor, ids: Tensor): { logprob: Tensor; entropy: Tensor } {
  const [logprob, entropy] = logits.graph.node(tokenLogprobOp, [logits, ids]);
  return { logprob: logprob!, entropy: entropy! };
}
