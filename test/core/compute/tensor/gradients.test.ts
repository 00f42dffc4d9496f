import { describe, expect, it } from 'vitest';
import { gradients } from '../../../../core/compute/tensor/autodiff.js';
import * as ops from '../../../../core/compute/tensor/ops.js';
import type { Tensor } from '../../../../core/compute/tensor/graph.js';
import {
  decodeInputs,
  differenceTolerance,
  extent,
  given,
  gradientError,
  random,
  randomIds,
  type Build,
  type Operand,
} from './numeric.js';

interface Case {
  readonly title: string;
  readonly build: Build;
  readonly operands: () => readonly Operand[];
}

const away = (shape: readonly number[]): Operand => random(shape, 0.3, 2);
/** Values far enough apart that no finite difference crosses a tie. */
const distinct = (shape: readonly number[], offset = 0): Operand => {
  const x = random(shape);
  return { ...x, values: x.values.map((v, i) => (i % 2 ? 1 : -1) * (0.1 + Math.abs(v)) + offset) };
};
const adamInputs = (): Operand[] => [
  random([2, 3]),
  random([2, 3]),
  random([2, 3]),
  random([2, 3], 0.1, 1),
  given([], [0.01]),
  given([], [3]),
  given([], [0.5]),
];

/** Every differentiable operation by the name it is exported under. */
const cases: Record<string, readonly Case[]> = {
  neg: [{ title: 'any shape', build: (x) => ops.neg(x), operands: () => [random([3, 5])] }],
  exp: [{ title: 'any shape', build: (x) => ops.exp(x), operands: () => [random([7])] }],
  log: [{ title: 'positive values', build: (x) => ops.log(x), operands: () => [away([3, 1, 2])] }],
  sqrt: [{ title: 'positive values', build: (x) => ops.sqrt(x), operands: () => [away([4])] }],
  abs: [{ title: 'both signs', build: (x) => ops.abs(x), operands: () => [distinct([6])] }],
  sigmoid: [{ title: 'any shape', build: (x) => ops.sigmoid(x), operands: () => [random([5], -6, 6)] }],
  add: [
    { title: 'equal shapes', build: (a, b) => ops.add(a, b), operands: () => [random([2, 3]), random([2, 3])] },
    {
      title: 'broadcast on both sides',
      build: (a, b) => ops.add(a, b),
      operands: () => [random([4, 1, 3]), random([5, 1])],
    },
    { title: 'a scalar', build: (a, b) => ops.add(a, b), operands: () => [random([]), random([2, 2])] },
  ],
  sub: [{ title: 'broadcast', build: (a, b) => ops.sub(a, b), operands: () => [random([3]), random([2, 3])] }],
  mul: [
    { title: 'broadcast', build: (a, b) => ops.mul(a, b), operands: () => [random([2, 1]), random([1, 3])] },
    { title: 'a tensor with itself', build: (a) => ops.mul(a, a), operands: () => [random([4])] },
  ],
  div: [{ title: 'broadcast', build: (a, b) => ops.div(a, b), operands: () => [random([2, 3]), away([3])] }],
  minimum: [
    {
      title: 'broadcast, no ties',
      build: (a, b) => ops.minimum(a, b),
      operands: () => [distinct([2, 4]), distinct([4], 0.03)],
    },
  ],
  maximum: [
    {
      title: 'broadcast, no ties',
      build: (a, b) => ops.maximum(a, b),
      operands: () => [distinct([2, 4]), distinct([4], 0.03)],
    },
  ],
  where: [
    {
      title: 'broadcast condition and branches',
      build: (a, b, c) => ops.where(ops.less(c, 0), a, b),
      operands: () => [random([3]), random([2, 1]), distinct([2, 3])],
    },
  ],
  clip: [
    {
      title: 'inside and outside',
      build: (x) => ops.clip(x, -0.5, 0.5),
      operands: () => [given([4], [-0.9, -0.2, 0.3, 0.8])],
    },
  ],
  reshape: [{ title: 'rank up', build: (x) => ops.reshape(x, [3, 2, 2]), operands: () => [random([4, 3])] }],
  transpose: [
    {
      title: 'a permutation that is not its own inverse',
      build: (x) => ops.transpose(x, [1, 2, 0]),
      operands: () => [random([2, 3, 4])],
    },
  ],
  slice: [
    { title: 'the middle of an axis', build: (x) => ops.slice(x, -1, 1, 3), operands: () => [random([2, 5])] },
    { title: 'the whole of an axis', build: (x) => ops.slice(x, 0, 0, 2), operands: () => [random([2, 3])] },
  ],
  concat: [
    {
      title: 'inner axis, one tensor twice',
      build: (a, b) => ops.concat([a, b, a], 1),
      operands: () => [random([2, 1, 3]), random([2, 2, 3])],
    },
  ],
  expand: [{ title: 'new and old axes', build: (x) => ops.expand(x, [2, 3, 4]), operands: () => [random([3, 1])] }],
  sum: [
    { title: 'all axes', build: (x) => ops.sum(x), operands: () => [random([2, 3])] },
    { title: 'two of three axes', build: (x) => ops.sum(x, [0, -1]), operands: () => [random([2, 3, 4])] },
    { title: 'kept axes', build: (x) => ops.sum(x, [1], true), operands: () => [random([2, 3])] },
  ],
  sumTo: [{ title: 'leading and inner axes', build: (x) => ops.sumTo(x, [3, 1]), operands: () => [random([2, 3, 4])] }],
  matmul: [false, true].flatMap((transA) =>
    [false, true].flatMap((transB) =>
      [[], [2], [2, 3]].map((batch): Case => ({
        title: `batch [${batch.join()}]${transA ? ', a transposed' : ''}${transB ? ', b transposed' : ''}`,
        build: (a, b) => ops.matmul(a, b, { transA, transB }),
        operands: () => [
          random([...batch, ...(transA ? [4, 2] : [2, 4])]),
          random([...batch, ...(transB ? [3, 4] : [4, 3])]),
        ],
      })),
    ),
  ),
  linear: [
    {
      title: 'three axes and a bias',
      build: (x, w, b) => ops.linear(x, w, b),
      operands: () => [random([2, 3, 4]), random([5, 4]), random([5])],
    },
  ],
  gatherRows: [
    {
      title: 'repeated ids',
      build: (t, ids) => ops.gatherRows(t, ids),
      operands: () => [random([3, 2]), given([2, 2], [2, 0, 2, 2], 'i32')],
    },
  ],
  scatterAddRows: [
    {
      title: 'repeated ids',
      build: (t, ids, u) => ops.scatterAddRows(t, ids, u),
      operands: () => [random([3, 2]), given([4], [2, 0, 2, 2], 'i32'), random([4, 2])],
    },
  ],
  pick: [
    {
      title: 'one of each row',
      build: (x, ids) => ops.pick(x, ids),
      operands: () => [random([4, 3]), randomIds([4], 3)],
    },
  ],
  toRows: [{ title: 'two leading axes', build: (x) => ops.toRows(x), operands: () => [random([2, 3, 4])] }],
  silu: [{ title: 'any shape', build: (x) => ops.silu(x), operands: () => [random([2, 5], -4, 4)] }],
  softmax: [
    { title: 'last axis', build: (x) => ops.softmax(x), operands: () => [random([2, 3, 4], -3, 3)] },
    { title: 'one class', build: (x) => ops.softmax(x), operands: () => [random([3, 1])] },
  ],
  rmsNorm: [
    { title: 'rows', build: (x, w) => ops.rmsNorm(x, w, 1e-6), operands: () => [random([2, 3, 5]), random([5])] },
    { title: 'x is also the weight', build: (x) => ops.rmsNorm(x, x, 1e-6), operands: () => [random([5])] },
  ],
  rotary: [
    {
      title: 'several heads',
      build: (x, c, s) => ops.rotary(x, c, s, 3),
      operands: () => [random([4, 12]), random([4, 2]), random([4, 2])],
    },
  ],
  attention: [
    {
      title: 'grouped heads and segments',
      build: (q, k, v, s) => ops.attention({ q, k, v, starts: s }, 4, 2),
      operands: () => [
        random([2, 5, 8]),
        random([2, 5, 4]),
        random([2, 5, 4]),
        given([2, 5], [0, 0, 2, 2, 4, 0, 0, 0, 0, 0], 'i32'),
      ],
    },
    {
      title: 'keys are also values',
      build: (q, k, s) => ops.attention({ q, k, v: k, starts: s }, 2, 1),
      operands: () => [random([1, 3, 4]), random([1, 3, 2]), given([1, 3], [0, 0, 0], 'i32')],
    },
    {
      title: 'one token',
      build: (q, k, v, s) => ops.attention({ q, k, v, starts: s }, 2, 2),
      operands: () => [random([3, 1, 4]), random([3, 1, 4]), random([3, 1, 4]), given([3, 1], [0, 0, 0], 'i32')],
    },
  ],
  decodeAttention: [
    {
      title: 'an empty, a partial and a full cache',
      build: (...t) => ops.decodeAttention(decodeInputs(t), 4, 2),
      operands: () => [
        random([3, 8]),
        random([3, 4]),
        random([3, 4]),
        random([3, 2, 2, 5]),
        random([3, 2, 5, 2]),
        given([3], [0, 2, 5], 'i32'),
      ],
    },
  ],
  tokenLogprob: [
    {
      title: 'both outputs',
      build: (x, ids) => {
        const t = ops.tokenLogprob(x, ids);
        return [t.logprob, t.entropy];
      },
      operands: () => [random([4, 5], -3, 3), randomIds([4], 5)],
    },
    {
      title: 'the log-probability alone',
      build: (x, ids) => ops.tokenLogprob(x, ids).logprob,
      operands: () => [random([3, 4], -3, 3), randomIds([3], 4)],
    },
    {
      title: 'the entropy alone',
      build: (x, ids) => ops.tokenLogprob(x, ids).entropy,
      operands: () => [random([3, 4], -3, 3), randomIds([3], 4)],
    },
    {
      title: 'one class',
      build: (x, ids) => {
        const t = ops.tokenLogprob(x, ids);
        return [t.logprob, t.entropy];
      },
      operands: () => [random([3, 1]), given([3], [0, 0, 0], 'i32')],
    },
  ],
  sumSquares: [{ title: 'any shape', build: (x) => ops.sumSquares(x), operands: () => [random([2, 3])] }],
  adamW: [
    {
      title: 'all inputs',
      build: (...[parameter, gradient, m, v, learningRate, step, gradientScale]) => {
        const next = ops.adamW(
          {
            parameter: parameter!,
            gradient: gradient!,
            m: m!,
            v: v!,
            learningRate: learningRate!,
            step: step!,
            gradientScale: gradientScale!,
          },
          { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1 },
        );
        return [next.parameter, next.m, next.v];
      },
      operands: adamInputs,
    },
  ],
  cacheWrite: ([2, 3] as const).map((axis): Case => ({
    title: `along axis ${axis}`,
    build: (cache, values, index) => ops.cacheWrite(cache, values, index, axis),
    operands: () => [random(axis === 3 ? [2, 3, 2, 4] : [2, 3, 4, 2]), random([3, 6]), given([3], [5, -1, 0], 'i32')],
  })),
};

/** What has no derivative of use: conditions, integers, values without inputs, and what exists to stop gradients. */
const withoutGradient = [
  'less',
  'lessEqual',
  'equal',
  'and',
  'oneHot',
  'cast',
  'fullLike',
  'toTensor',
  'stopGradient',
  'max',
  'categorical',
  'fromBf16',
  'toBf16',
];

describe('gradients agree with central finite differences in float64', () => {
  for (const [name, list] of Object.entries(cases)) {
    for (const { title, build, operands } of list) {
      it(`${name}: ${title}`, () => {
        expect(gradientError(build, ...operands())).toBeLessThan(differenceTolerance);
      });
    }
  }

  it('every operation has a case or is known to need none', () => {
    expect([...Object.keys(cases), ...withoutGradient].sort()).toEqual(Object.keys(ops).sort());
  });

  it('of matrix chains of random shapes', () => {
    for (let i = 0; i < 10; i++) {
      const [m, k, n] = [extent(1, 4), extent(1, 5), extent(1, 4)];
      const error = gradientError(
        (x, a, b) => ops.rmsNorm(ops.silu(ops.matmul(x, a)), b, 1e-5),
        random([m, k]),
        random([k, n]),
        random([n]),
      );
      expect(error, `shapes ${m} ${k} ${n}`).toBeLessThan(differenceTolerance);
    }
  });

  it('of attention at random sizes and segment borders', () => {
    for (let i = 0; i < 8; i++) {
      const [rows, length, kvHeads, group, h] = [extent(1, 2), extent(1, 5), extent(1, 2), extent(1, 3), extent(1, 3)];
      const starts = Array.from({ length: rows }, () => {
        let start = 0;
        return Array.from({ length }, (_, j) => (start = extent(0, 2) === 0 ? j : start));
      }).flat();
      const q = random([rows, length, kvHeads * group * h]),
        k = random([rows, length, kvHeads * h]),
        v = random([rows, length, kvHeads * h]);
      const error = gradientError(
        (a, b, c, s) => ops.attention({ q: a, k: b, v: c, starts: s }, kvHeads * group, kvHeads),
        q,
        k,
        v,
        given([rows, length], starts, 'i32'),
      );
      expect(error, `rows ${rows}, length ${length}, starts ${starts.join()}`).toBeLessThan(differenceTolerance);
    }
  });

  it('of a gradient: second derivatives', () => {
    const build: Build = (x, ids) => {
      const { logprob, entropy } = ops.tokenLogprob(ops.softmax(ops.matmul(x, x, { transB: true })), ids);
      return ops.mul(logprob, entropy);
    };
    expect(gradientError((x, ids) => gradientOf(build, x, ids), random([3, 2]), randomIds([3], 3))).toBeLessThan(
      10 * differenceTolerance,
    );
  });
});

const gradientOf = (build: Build, x: Tensor, ids: Tensor): Tensor =>
  gradients(ops.sum(build(x, ids) as Tensor), [x])[0]!;
