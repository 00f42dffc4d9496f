import * as ops from '../../compute/tensor/ops.js';
import type { ConformanceCheck } from '../check.js';
import {
  agrees,
  f32,
  i32,
  requireThatNotFinite,
  runOn,
  graphOf,
  withBackend,
  type BackendUnderTest,
  type Draw,
  type GraphCase,
} from './harness.js';

/** Macro-ops, whose definition is the truth for every kernel a backend may have of its own. */
export function macroOperationChecks(test: BackendUnderTest): ConformanceCheck[] {
  return [
    agrees(test, 'softmax, also of equal, huge and single logits', (draw) => [
      { name: 'rows', operands: [draw.f32([3, 5, 257], -8, 8)], build: (x) => ops.softmax(x) },
      { name: 'equal, huge', operands: [f32([3, 2], [5, 5, 1e4, -1e4, -1e4, -1e4])], build: (x) => ops.softmax(x) },
      { name: 'one class', operands: [draw.f32([33, 1])], build: (x) => ops.softmax(x) },
    ]),
    agrees(test, 'rmsNorm at odd widths', (draw) =>
      [1, 3, 33, 257].map((width): GraphCase => ({
        name: `width ${width}`,
        operands: [draw.f32([2, 3, width], -3, 3), draw.f32([width])],
        build: (x, w) => ops.rmsNorm(x, w, 1e-6),
      })),
    ),
    agrees(test, 'rmsNorm of zeros is zero', () => [
      {
        name: 'zeros',
        operands: [f32([1, 3], [0, 0, 0]), f32([3], [1, 2, 3])],
        build: (x, w) => ops.rmsNorm(x, w, 1e-6),
      },
    ]),
    agrees(test, 'rotary turns the halves of every head', (draw) =>
      [
        [1, 1, 1],
        [31, 3, 4],
        [33, 2, 5],
      ].map(([tokens, heads, half]): GraphCase => ({
        name: `${tokens} tokens, ${heads} heads`,
        operands: [draw.f32([tokens!, heads! * 2 * half!]), draw.f32([tokens!, half!]), draw.f32([tokens!, half!])],
        build: (x, c, s) => ops.rotary(x, c, s, heads!),
      })),
    ),
    agrees(test, 'attention never looks across a segment border', (draw) => [
      attentionCase(draw, { rows: 3, length: 33, heads: 4, kvHeads: 2, h: 8 }, (row, i) =>
        row === 0 ? 0 : row === 1 ? i - (i % 5) : i,
      ),
      attentionCase(draw, { rows: 1, length: 1, heads: 2, kvHeads: 2, h: 3 }, () => 0),
      attentionCase(draw, { rows: 2, length: 31, heads: 3, kvHeads: 1, h: 5 }, (_, i) =>
        i < 17 ? 0 : i < 30 ? 17 : 30,
      ),
      attentionCase(draw, { rows: 1, length: 65, heads: 6, kvHeads: 6, h: 4 }, (_, i) => (i < 64 ? 0 : 64), 20),
    ]),
    agrees(test, 'decodeAttention over empty, partial and full caches', (draw) => [
      decodeCase(draw, { slots: 3, heads: 4, kvHeads: 2, h: 8, capacity: 33 }, [0, 17, 33]),
      decodeCase(draw, { slots: 1, heads: 3, kvHeads: 3, h: 5, capacity: 1 }, [1]),
      decodeCase(draw, { slots: 2, heads: 6, kvHeads: 1, h: 3, capacity: 257 }, [200, 1]),
    ]),
    agrees(test, 'tokenLogprob and entropy, also of equal, huge and single logits', (draw) => [
      {
        name: 'rows',
        operands: [draw.f32([33, 257], -8, 8), draw.ids([33], 257)],
        build: (x, ids) => Object.values(ops.tokenLogprob(x, ids)),
      },
      {
        name: 'equal, huge',
        operands: [f32([4, 2], [5, 5, 1e4, -1e4, 1e4, -1e4, -1e4, -1e4]), i32([4], [1, 0, 1, 0])],
        build: (x, ids) => Object.values(ops.tokenLogprob(x, ids)),
      },
      {
        name: 'one class',
        operands: [draw.f32([3, 1]), i32([3], [0, 0, 0])],
        build: (x, ids) => Object.values(ops.tokenLogprob(x, ids)),
      },
      {
        name: 'only one of the two',
        operands: [draw.f32([3, 5]), draw.ids([3], 5)],
        build: (x, ids) => ops.tokenLogprob(x, ids).entropy,
      },
    ]),
    agrees(test, 'sumSquares', (draw) =>
      [[], [1], [33, 257]].map((shape): GraphCase => ({
        name: `[${shape.join(', ')}]`,
        operands: [draw.f32(shape)],
        build: (x) => ops.sumSquares(x),
      })),
    ),
    agrees(test, 'cacheWrite writes the named tokens and no other', (draw) =>
      ([2, 3] as const).flatMap(
        (axis) =>
          [
            {
              name: `axis ${axis}`,
              operands: [
                draw.f32(axis === 3 ? [3, 2, 5, 7] : [3, 2, 7, 5]),
                draw.f32([4, 10]),
                i32([4], [20, 0, -1, 8]),
              ],
              build: (cache, values, index) => ops.cacheWrite(cache, values, index, axis),
            },
            {
              name: `axis ${axis}, one token`,
              operands: [draw.f32([1, 1, 1, 1]), draw.f32([1, 1]), i32([1], [0])],
              build: (cache, values, index) => ops.cacheWrite(cache, values, index, axis),
            },
          ] satisfies GraphCase[],
      ),
    ),
    agrees(test, 'adamW at the first and later steps, with scale and decay', (draw) => [
      adamCase(draw, [257], 1, 1, 0),
      adamCase(draw, [3, 31], 7, 0.25, 0.1),
      adamCase(draw, [], 1000, 1, 0.01),
    ]),
    withBackend(test, 'a NaN among the inputs reaches the results', async (backend) => {
      const cases: GraphCase[] = [
        { name: 'sumSquares', operands: [f32([3], [1, NaN, 2])], build: (x) => ops.sumSquares(x) },
        {
          name: 'tokenLogprob',
          operands: [f32([1, 3], [1, NaN, 2]), i32([1], [0])],
          build: (x, ids) => Object.values(ops.tokenLogprob(x, ids)),
        },
        { name: 'matmul', operands: [f32([1, 2], [1, NaN]), f32([2, 1], [1, 1])], build: (a, b) => ops.matmul(a, b) },
        { name: 'infinite gradient', operands: [f32([2], [Infinity, 1])], build: (x) => ops.sumSquares(x) },
      ];
      for (const one of cases)
        for (const values of await runOn(backend, graphOf(one), one.operands)) requireThatNotFinite(one.name, values);
    }),
  ];
}

function attentionCase(
  draw: Draw,
  s: { rows: number; length: number; heads: number; kvHeads: number; h: number },
  start: (row: number, i: number) => number,
  scale = 1,
): GraphCase {
  const width = s.heads * s.h,
    kvWidth = s.kvHeads * s.h;
  const starts = Array.from({ length: s.rows * s.length }, (_, n) => start(Math.floor(n / s.length), n % s.length));
  return {
    name: `${s.rows} rows of ${s.length}, ${s.heads} heads on ${s.kvHeads}`,
    operands: [
      draw.f32([s.rows, s.length, width], -scale, scale),
      draw.f32([s.rows, s.length, kvWidth]),
      draw.f32([s.rows, s.length, kvWidth]),
      i32([s.rows, s.length], starts),
    ],
    build: (q, k, v, begin) => ops.attention({ q, k, v, starts: begin }, s.heads, s.kvHeads),
  };
}

function decodeCase(
  draw: Draw,
  s: { slots: number; heads: number; kvHeads: number; h: number; capacity: number },
  lengths: readonly number[],
): GraphCase {
  const kv = [s.slots, s.kvHeads * s.h];
  return {
    name: `${s.slots} slots of ${s.capacity}, ${s.heads} heads on ${s.kvHeads}`,
    operands: [
      draw.f32([s.slots, s.heads * s.h], -2, 2),
      draw.f32(kv),
      draw.f32(kv),
      draw.f32([s.slots, s.kvHeads, s.h, s.capacity]),
      draw.f32([s.slots, s.kvHeads, s.capacity, s.h]),
      i32([s.slots], lengths),
    ],
    build: (q, k, v, keyCache, valueCache, used) =>
      ops.decodeAttention(
        { q: q, k: k, v: v, keyCache: keyCache, valueCache: valueCache, lengths: used },
        s.heads,
        s.kvHeads,
      ),
  };
}

function adamCase(draw: Draw, shape: readonly number[], step: number, scale: number, weightDecay: number): GraphCase {
  return {
    name: `step ${step}`,
    operands: [
      draw.f32(shape),
      draw.f32(shape),
      draw.f32(shape),
      draw.f32(shape, 0, 1),
      f32([], [0.01]),
      f32([], [step]),
      f32([], [scale]),
    ],
    build: (parameter, gradient, m, v, learningRate, count, gradientScale) =>
      Object.values(
        ops.adamW(
          {
            parameter: parameter,
            gradient: gradient,
            m: m,
            v: v,
            learningRate: learningRate,
            step: count,
            gradientScale: gradientScale,
          },
          { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay },
        ),
      ),
  };
}
