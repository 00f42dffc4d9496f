import * as ops from '../../compute/tensor/ops.js';
import type { Tensor } from '../../compute/tensor/graph.js';
import type { Shape } from '../../compute/tensor/types.js';
import type { ConformanceCheck } from '../check.js';
import { agrees, f32, i32, type BackendUnderTest, type Draw, type GraphCase, type Operand } from './harness.js';

type Binary = (a: Tensor, b: Tensor) => Tensor;

/** Extents around the widths of vector units and work groups, and the smallest. */
const shapes: readonly Shape[] = [[], [1], [3], [31], [33], [257], [1, 1], [3, 31], [33, 3, 2], [1, 257], [2, 1, 3, 5]];
const pairs: readonly (readonly [Shape, Shape])[] = [
  [[], []],
  [[33], [33]],
  [[257], []],
  [[], [3, 31]],
  [[3, 31], [31]],
  [
    [3, 31],
    [3, 1],
  ],
  [
    [3, 1],
    [1, 31],
  ],
  [[31], [3, 31]],
  [
    [2, 1, 3, 5],
    [4, 1, 5],
  ],
  [[1, 1], [7]],
  [
    [2, 3, 1],
    [2, 1, 33],
  ],
];
const label = (...all: readonly Shape[]): string => all.map((shape) => `[${shape.join(', ')}]`).join(' and ');

const over = (draw: Draw, f: (x: Tensor) => Tensor, low: number, high: number): GraphCase[] =>
  shapes.map((shape) => ({ name: label(shape), operands: [draw.f32(shape, low, high)], build: (x) => f(x) }));
const overPairs = (f: Binary, make: (shape: Shape, side: 0 | 1) => Operand): GraphCase[] =>
  pairs.map(([a, b]) => ({ name: label(a, b), operands: [make(a, 0), make(b, 1)], build: (x, y) => f(x, y) }));

const unary: Record<string, readonly [f: (x: Tensor) => Tensor, low: number, high: number]> = {
  neg: [ops.neg, -2, 2],
  exp: [ops.exp, -5, 3],
  log: [ops.log, 0.01, 5],
  sqrt: [ops.sqrt, 0, 9],
  abs: [ops.abs, -2, 2],
  sigmoid: [ops.sigmoid, -9, 9],
  stopGradient: [ops.stopGradient, -1, 1],
  silu: [ops.silu, -9, 9],
};
const arithmetic: Record<string, Binary> = {
  add: ops.add,
  sub: ops.sub,
  mul: ops.mul,
  div: ops.div,
  minimum: ops.minimum,
  maximum: ops.maximum,
};
const comparisons: Record<string, Binary> = { less: ops.less, lessEqual: ops.lessEqual, equal: ops.equal };

/** Integers from −4 to 4. */
const small =
  (draw: Draw) =>
  (shape: Shape): Operand => ({ shape, data: draw.ids(shape, 9).data.map((v) => v - 4) });

/** Operands of arithmetic in f32; a divisor stays away from zero. */
const floats =
  (draw: Draw, name: string) =>
  (shape: Shape, side: 0 | 1): Operand =>
    side === 1 && name === 'div' ? draw.f32(shape, 0.2, 3) : draw.f32(shape);

/** The same in i32. */
const integers =
  (draw: Draw, name: string) =>
  (shape: Shape, side: 0 | 1): Operand =>
    side === 1 && name === 'div' ? { shape, data: draw.ids(shape, 3).data.map((v) => v + 1) } : small(draw)(shape);

/** Every element-wise operation, with broadcasting and every dtype it takes. */
export function elementwiseChecks(test: BackendUnderTest): ConformanceCheck[] {
  return [
    ...Object.entries(unary).map(([name, [f, low, high]]) =>
      agrees(test, `${name} at every shape`, (draw) => over(draw, f, low, high)),
    ),
    ...Object.entries(arithmetic).map(([name, f]) =>
      agrees(test, `${name} broadcasts, in f32 and i32`, (draw) => [
        ...overPairs(f, floats(draw, name)),
        ...overPairs(f, integers(draw, name)),
      ]),
    ),
    ...Object.entries(comparisons).map(([name, f]) =>
      agrees(test, `${name} broadcasts, in f32 and i32, with ties`, (draw) => [
        ...overPairs(f, (shape) => ({ shape, data: Float32Array.from(small(draw)(shape).data) })),
        ...overPairs(f, small(draw)),
      ]),
    ),
    agrees(test, 'and joins conditions', (draw) =>
      overPairs((a, b) => ops.and(ops.less(a, 1), ops.less(b, 1)), small(draw)),
    ),
    agrees(test, 'where chooses, with broadcast condition and branches', whereCases),
    agrees(test, 'cast converts bool, i32 and f32, cutting towards zero', castCases),
    agrees(test, 'infinities follow IEEE arithmetic', infinityCases),
  ];
}

const whereCases = (draw: Draw): GraphCase[] => [
  {
    name: 'f32',
    operands: [small(draw)([3, 1]), draw.f32([31]), draw.f32([2, 1, 1])],
    build: (c, a, b) => ops.where(ops.less(c, 0), a, b),
  },
  {
    name: 'i32',
    operands: [small(draw)([33]), small(draw)([33]), small(draw)([])],
    build: (c, a, b) => ops.where(ops.equal(c, a), a, b),
  },
  { name: 'numbers', operands: [small(draw)([257])], build: (c) => ops.where(ops.lessEqual(c, 1), 2, -3) },
];

const castCases = (): GraphCase[] => [
  {
    name: 'f32 to i32',
    operands: [f32([6], [-2.7, -0.5, 0, 0.9, 2.7, 16777216])],
    build: (x) => ops.cast(x, 'i32'),
  },
  { name: 'i32 to f32', operands: [i32([4], [-3, 0, 7, 16777216])], build: (x) => ops.cast(x, 'f32') },
  { name: 'bool to f32', operands: [i32([3], [-1, 0, 1])], build: (x) => ops.cast(ops.less(x, 0), 'f32') },
];

const infinityCases = (): GraphCase[] => [
  {
    name: 'overflow',
    operands: [f32([2], [1000, -1000])],
    build: (x) => [ops.exp(x), ops.mul(ops.mul(x, 1e30), 1e30)],
  },
  {
    name: 'zero',
    operands: [f32([3], [1, -1, 2])],
    build: (x) => [ops.div(x, ops.mul(x, 0)), ops.log(ops.mul(x, 0))].map(ops.abs),
  },
];
