import * as ops from '../../compute/tensor/ops.js';
import type { ConformanceCheck } from '../check.js';
import { agrees, type BackendUnderTest, type Draw, type GraphCase } from './harness.js';

/** Combinations that invite a backend to fuse, fold, skip or reorder: where wrong results come from. */
export function fusionChecks(test: BackendUnderTest): ConformanceCheck[] {
  return [
    agrees(test, 'matmul with scaled or transposed operands', scaledOrTransposed),
    agrees(test, 'matmul followed by sums and factors', productCases),
    agrees(test, 'a product that others read as well', sharedProducts),
    agrees(test, 'explicit and implicit broadcasts mix', mixedBroadcasts),
    agrees(test, 'outputs that are inputs, constants, or other outputs in another shape', trivialOutputs),
    agrees(test, 'operations with kernels of their own between others', kernelNeighbours),
  ];
}

const scaledOrTransposed = (draw: Draw): GraphCase[] => [
  {
    name: 'scaled operands',
    operands: [draw.f32([3, 5]), draw.f32([5, 7])],
    build: (a, b) => ops.matmul(ops.mul(a, 0.5), ops.mul(3, b)),
  },
  {
    name: 'transposed operands',
    operands: [draw.f32([5, 3]), draw.f32([7, 5])],
    build: (a, b) => ops.matmul(ops.transpose(a, [1, 0]), ops.transpose(b, [1, 0])),
  },
  {
    name: 'transposed twice',
    operands: [draw.f32([5, 3]), draw.f32([5, 7])],
    build: (a, b) =>
      ops.matmul(ops.transpose(a, [1, 0]), ops.transpose(ops.transpose(b, [1, 0]), [1, 0]), { transB: false }),
  },
  {
    name: 'transposed and flagged',
    operands: [draw.f32([3, 5]), draw.f32([5, 7])],
    build: (a, b) => ops.matmul(ops.transpose(a, [1, 0]), ops.transpose(b, [1, 0]), { transA: true, transB: true }),
  },
  {
    name: 'batch axes swapped',
    operands: [draw.f32([2, 3, 4]), draw.f32([3, 4, 5])],
    build: (a, b) => ops.matmul(ops.transpose(a, [1, 0, 2]), b),
  },
  {
    name: 'one matrix twice',
    operands: [draw.f32([5, 5])],
    build: (a) => [ops.matmul(a, a), ops.matmul(a, a, { transA: true })],
  },
];

const sharedProducts = (draw: Draw): GraphCase[] => [
  {
    name: 'with a bias',
    operands: matrices(draw),
    build: (a, b, c) => {
      const p = ops.matmul(a, b);
      return [ops.add(p, c), p];
    },
  },
  {
    name: 'with two sums',
    operands: matrices(draw),
    build: (a, b, c) => {
      const p = ops.matmul(a, b);
      return [ops.add(p, c), ops.add(c, p), ops.sub(p, c)];
    },
  },
  {
    name: 'added to itself',
    operands: matrices(draw),
    build: (a, b) => {
      const p = ops.matmul(a, b);
      return ops.add(p, p);
    },
  },
  {
    name: 'scaled and not',
    operands: matrices(draw),
    build: (a, b) => {
      const p = ops.matmul(a, b);
      return [ops.mul(p, 2), p];
    },
  },
  {
    name: 'as operand of the next',
    operands: matrices(draw),
    build: (a, b, c) => {
      const p = ops.mul(ops.matmul(a, b), 0.5);
      return [ops.matmul(p, c, { transB: true }), p];
    },
  },
];

const mixedBroadcasts = (draw: Draw): GraphCase[] => [
  {
    name: 'expand then add',
    operands: [draw.f32([3, 1]), draw.f32([31])],
    build: (a, b) => ops.add(ops.expand(a, [3, 31]), ops.expand(b, [3, 31])),
  },
  {
    name: 'both sides expanded',
    operands: [draw.f32([1])],
    build: (a) => ops.mul(ops.expand(a, [3, 5]), ops.expand(a, [3, 5])),
  },
  {
    name: 'an expand that is an output too',
    operands: [draw.f32([3, 1])],
    build: (a) => {
      const wide = ops.expand(a, [3, 4]);
      return [wide, ops.exp(wide)];
    },
  },
  {
    name: 'fullLike',
    operands: [draw.f32([3, 5])],
    build: (x) => [ops.fullLike(x, 2), ops.where(ops.less(x, 0), ops.fullLike(x, 7), x)],
  },
];

const trivialOutputs = (draw: Draw): GraphCase[] => [
  { name: 'inputs', operands: [draw.f32([3, 4]), draw.ids([5], 9)], build: (x, ids) => [x, ids, x] },
  {
    name: 'reshapes',
    operands: [draw.f32([3, 4])],
    build: (x) => {
      const y = ops.exp(x);
      return [ops.reshape(x, [12]), y, ops.reshape(y, [2, 6]), ops.stopGradient(x)];
    },
  },
  {
    name: 'constants',
    operands: [draw.f32([1])],
    build: (x) => [x.graph.iota(257), x.graph.scalar(-0.5), x.graph.constant(Float32Array.of(1, 2, 3, 4), [2, 2])],
  },
  {
    name: 'computed from constants alone',
    operands: [draw.f32([1])],
    build: (x) => ops.cast(ops.less(x.graph.iota(33), 7), 'f32'),
  },
];

const kernelNeighbours = (draw: Draw): GraphCase[] => [
  {
    name: 'chain',
    operands: [draw.f32([5, 4]), draw.ids([3], 5), draw.f32([3, 4]), draw.f32([4, 4])],
    build: (table, ids, updates, weight) => {
      const mixed = ops.scatterAddRows(ops.matmul(table, weight), ids, ops.matmul(updates, weight));
      const picked = ops.gatherRows(mixed, ids);
      return [
        ops.sumSquares(picked),
        ops.matmul(mixed, weight, { transB: true }),
        ops.scatterAddRows(mixed, ids, picked),
        mixed,
      ];
    },
  },
  {
    name: 'scalar into the next',
    operands: [draw.f32([33])],
    build: (x) => ops.div(x, ops.sqrt(ops.add(ops.sumSquares(x), 1e-6))),
  },
  {
    name: 'condition into the next',
    operands: [draw.f32([33])],
    build: (x) => {
      const positive = ops.less(0, x);
      return ops.where(positive, ops.mul(x, ops.sumSquares(x)), x);
    },
  },
];

const matrices = (draw: Draw): GraphCase['operands'] => [draw.f32([3, 5]), draw.f32([5, 7]), draw.f32([3, 7])];

function productCases(draw: Draw): GraphCase[] {
  const bias = (shape: readonly number[]): GraphCase => ({
    name: `bias [${shape.join(', ')}]`,
    operands: [draw.f32([3, 5]), draw.f32([5, 7]), draw.f32(shape)],
    build: (a, b, c) => [ops.add(ops.matmul(a, b), c), ops.add(c, ops.mul(ops.matmul(a, b), -2))],
  });
  return [
    bias([7]),
    bias([1, 7]),
    bias([3, 1]),
    bias([3, 7]),
    bias([]),
    bias([1]),
    bias([2, 3, 7]),
    {
      name: 'batched with a sum',
      operands: [draw.f32([2, 3, 5]), draw.f32([2, 5, 7]), draw.f32([2, 3, 7])],
      build: (a, b, c) => ops.add(ops.mul(ops.matmul(a, b), 0.25), c),
    },
    {
      name: 'sum of two products',
      operands: matrices(draw),
      build: (a, b, c) => ops.add(ops.matmul(a, b), ops.matmul(c, ops.matmul(b, b, { transA: true }))),
    },
    {
      name: 'sum of three',
      operands: matrices(draw),
      build: (a, b, c) => ops.add(ops.add(ops.matmul(a, b), c), ops.matmul(a, ops.mul(b, 2))),
    },
    {
      name: 'factor after the sum',
      operands: matrices(draw),
      build: (a, b, c) => ops.mul(ops.add(ops.matmul(a, b), c), 3),
    },
    {
      name: 'factor by a tensor',
      operands: matrices(draw),
      build: (a, b, c) => ops.mul(ops.matmul(a, b), ops.sum(c)),
    },
    {
      name: 'factor of rank two',
      operands: matrices(draw),
      build: (a, b) => ops.mul(ops.matmul(a, b), a.graph.constant(Float32Array.of(2), [1, 1])),
    },
    {
      name: 'reshaped before the sum',
      operands: [draw.f32([3, 5]), draw.f32([5, 7]), draw.f32([21])],
      build: (a, b, c) => ops.add(ops.reshape(ops.matmul(a, b), [21]), c),
    },
  ];
}
