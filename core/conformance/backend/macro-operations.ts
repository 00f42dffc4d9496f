import * as ops from '../../compute/tensor/ops.js';
import type { Backend } from '../../contracts/backend.js';
import type { ConformanceCheck } from '../check.js';
import {
  agrees,
  f32,
  graphOf,
  i32,
  namedCase,
  requireThatNotFinite,
  runOn,
  withBackend,
  type BackendUnderTest,
  type Draw,
  type GraphCase,
} from './harness.js';

/** Macro-ops, whose definition is the truth for every kernel a backend may have of its own. */
export function macroOperationChecks(test: BackendUnderTest): ConformanceCheck[] {
  return [
    agrees(test, 'softmax, also of equal, huge and single logits', softmaxCases),
    agrees(test, 'rmsNorm at odd widths', (draw) => [1, 3, 33, 257].map((width) => rmsNormCase(draw, width))),
    agrees(test, 'rmsNorm of zeros is zero', () => [
      {
        name: 'zeros',
        operands: [f32([1, 3], [0, 0, 0]), f32([3], [1, 2, 3])],
        build: (x, w) => ops.rmsNorm(x, w, 1e-6),
      },
    ]),
    agrees(test, 'rotary turns the halves of every head', (draw) => [
      rotaryCase(draw, { tokens: 1, heads: 1, half: 1 }),
      rotaryCase(draw, { tokens: 31, heads: 3, half: 4 }),
      rotaryCase(draw, { tokens: 33, heads: 2, half: 5 }),
    ]),
    agrees(test, 'attention never looks across a segment boundary', attentionCases),
    agrees(test, 'decodeAttention over empty, partial and full caches', (draw) => [
      decodeCase(draw, { heads: 4, kvHeads: 2, headDim: 8, capacity: 33 }, [0, 17, 33]),
      decodeCase(draw, { heads: 3, kvHeads: 3, headDim: 5, capacity: 1 }, [1]),
      decodeCase(draw, { heads: 6, kvHeads: 1, headDim: 3, capacity: 257 }, [200, 1]),
    ]),
    agrees(test, 'tokenLogprob and entropy, also of equal, huge and single logits', logprobCases),
    agrees(test, 'sumSquares', (draw) =>
      [[], [1], [33, 257]].map((shape): GraphCase => ({
        name: `[${shape.join(', ')}]`,
        operands: [draw.f32(shape)],
        build: (x) => ops.sumSquares(x),
      })),
    ),
    agrees(test, 'cacheWrite writes the named tokens and no other', (draw) =>
      ([2, 3] as const).flatMap((axis) => cacheWriteCases(draw, axis)),
    ),
    agrees(test, 'adamW at the first and later steps, with scale and decay', (draw) => [
      adamCase(draw, { shape: [257], step: 1, gradientScale: 1, weightDecay: 0 }),
      adamCase(draw, { shape: [3, 31], step: 7, gradientScale: 0.25, weightDecay: 0.1 }),
      adamCase(draw, { shape: [], step: 1000, gradientScale: 1, weightDecay: 0.01 }),
    ]),
    withBackend(test, 'a NaN among the inputs reaches the results', checkNaNs),
  ];
}

const softmaxCases = (draw: Draw): GraphCase[] => [
  { name: 'rows', operands: [draw.f32([3, 5, 257], -8, 8)], build: (x) => ops.softmax(x) },
  { name: 'equal, huge', operands: [f32([3, 2], [5, 5, 1e4, -1e4, -1e4, -1e4])], build: (x) => ops.softmax(x) },
  { name: 'one class', operands: [draw.f32([33, 1])], build: (x) => ops.softmax(x) },
];

const rmsNormCase = (draw: Draw, width: number): GraphCase => ({
  name: `width ${width}`,
  operands: [draw.f32([2, 3, width], -3, 3), draw.f32([width])],
  build: (x, w) => ops.rmsNorm(x, w, 1e-6),
});

/** `half` is half the width of a head. */
const rotaryCase = (draw: Draw, size: { tokens: number; heads: number; half: number }): GraphCase => ({
  name: `${size.tokens} tokens, ${size.heads} heads`,
  operands: [
    draw.f32([size.tokens, size.heads * 2 * size.half]),
    draw.f32([size.tokens, size.half]),
    draw.f32([size.tokens, size.half]),
  ],
  build: (x, cos, sin) => ops.rotary(x, cos, sin, size.heads),
});

interface AttentionSize {
  readonly rows: number;
  readonly length: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Queries lie within ± this, by default 1. */
  readonly queryScale?: number;
}

function attentionCases(draw: Draw): GraphCase[] {
  /** One segment, segments of five tokens, and every token a segment of its own. */
  const startInMixedRows = (row: number, i: number): number => {
    if (row === 0) return 0;
    return row === 1 ? i - (i % 5) : i;
  };
  const startAfter17And30 = (_row: number, i: number): number => {
    if (i < 17) return 0;
    return i < 30 ? 17 : 30;
  };
  const startAfter130And400 = (_row: number, i: number): number => {
    if (i < 130) return 0;
    return i < 400 ? 130 : 400;
  };
  const startAt64 = (_row: number, i: number): number => (i < 64 ? 0 : 64);
  return [
    attentionCase(draw, { rows: 3, length: 33, heads: 4, kvHeads: 2, headDim: 8 }, startInMixedRows),
    attentionCase(draw, { rows: 1, length: 1, heads: 2, kvHeads: 2, headDim: 3 }, () => 0),
    attentionCase(draw, { rows: 2, length: 31, heads: 3, kvHeads: 1, headDim: 5 }, startAfter17And30),
    attentionCase(draw, { rows: 1, length: 65, heads: 6, kvHeads: 6, headDim: 4, queryScale: 20 }, startAt64),
    attentionCase(draw, { rows: 1, length: 600, heads: 2, kvHeads: 1, headDim: 4 }, startAfter130And400),
  ];
}

/** `start` gives where the segment of a token begins in its row. */
function attentionCase(draw: Draw, size: AttentionSize, start: (row: number, i: number) => number): GraphCase {
  const { rows, length, heads, kvHeads, headDim, queryScale = 1 } = size;
  const starts = Array.from({ length: rows * length }, (_, n) => start(Math.floor(n / length), n % length));
  return {
    name: `${rows} rows of ${length}, ${heads} heads on ${kvHeads}`,
    operands: [
      draw.f32([rows, length, heads * headDim], -queryScale, queryScale),
      draw.f32([rows, length, kvHeads * headDim]),
      draw.f32([rows, length, kvHeads * headDim]),
      i32([rows, length], starts),
    ],
    build: (q, k, v, segmentStarts) => ops.attention({ q, k, v, starts: segmentStarts }, heads, kvHeads),
  };
}

/** One lane per entry of `lengths`, which say how much of its cache is filled. */
function decodeCase(
  draw: Draw,
  size: { heads: number; kvHeads: number; headDim: number; capacity: number },
  lengths: readonly number[],
): GraphCase {
  const { heads, kvHeads, headDim, capacity } = size;
  const lanes = lengths.length;
  const operands = {
    q: draw.f32([lanes, heads * headDim], -2, 2),
    k: draw.f32([lanes, kvHeads * headDim]),
    v: draw.f32([lanes, kvHeads * headDim]),
    keyCache: draw.f32([lanes, kvHeads, headDim, capacity]),
    valueCache: draw.f32([lanes, kvHeads, capacity, headDim]),
    lengths: i32([lanes], lengths),
  };
  const name = `${lanes} lanes of ${capacity}, ${heads} heads on ${kvHeads}`;
  return namedCase(name, operands, (inputs) => ops.decodeAttention(inputs, heads, kvHeads));
}

const logprobCases = (draw: Draw): GraphCase[] => [
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
];

const cacheWriteCases = (draw: Draw, axis: 2 | 3): GraphCase[] => [
  {
    name: `axis ${axis}`,
    operands: [draw.f32(axis === 3 ? [3, 2, 5, 7] : [3, 2, 7, 5]), draw.f32([4, 10]), i32([4], [20, 0, -1, 8])],
    build: (cache, values, index) => ops.cacheWrite(cache, values, index, axis),
  },
  {
    name: `axis ${axis}, one token`,
    operands: [draw.f32([1, 1, 1, 1]), draw.f32([1, 1]), i32([1], [0])],
    build: (cache, values, index) => ops.cacheWrite(cache, values, index, axis),
  },
];

interface AdamStep {
  readonly shape: readonly number[];
  readonly step: number;
  readonly gradientScale: number;
  readonly weightDecay: number;
}

function adamCase(draw: Draw, { shape, step, gradientScale, weightDecay }: AdamStep): GraphCase {
  const operands = {
    parameter: draw.f32(shape),
    gradient: draw.f32(shape),
    m: draw.f32(shape),
    v: draw.f32(shape, 0, 1),
    learningRate: f32([], [0.01]),
    step: f32([], [step]),
    gradientScale: f32([], [gradientScale]),
  };
  const settings = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay };
  return namedCase(`step ${step}`, operands, (inputs) => Object.values(ops.adamW(inputs, settings)));
}

async function checkNaNs(backend: Backend): Promise<void> {
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
}
