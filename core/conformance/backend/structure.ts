import * as ops from '../../compute/tensor/ops.js';
import { elementAt } from '../../arrays.js';
import type { Tensor } from '../../compute/tensor/graph.js';
import type { Shape } from '../../compute/tensor/types.js';
import type { ConformanceCheck } from '../check.js';
import { agrees, i32, type BackendUnderTest, type Draw, type GraphCase } from './harness.js';

/** The extent of an axis, counted from the end if negative. */
const extentOf = (x: Tensor, axis: number): number => elementAt(x.shape, axis < 0 ? x.shape.length + axis : axis);

/** Moving elements, reductions, rows and matrix products. */
export function structureChecks(test: BackendUnderTest): ConformanceCheck[] {
  return [
    agrees(test, 'reshape, expand and toRows', shapeCases),
    agrees(test, 'transpose takes every permutation', (draw) =>
      [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
      ].map((order) => ({
        name: order.join(),
        operands: [draw.f32([3, 31, 5]), draw.ids([2, 3, 4], 99)],
        build: (x, y) => [ops.transpose(x, order), ops.transpose(y, order)],
      })),
    ),
    agrees(test, 'slice and concat', sliceAndConcatCases),
    ...Object.entries({ sum: ops.sum, max: ops.max }).map(([name, f]) =>
      agrees(test, `${name} over any axes`, (draw) => reductionCases(draw, f)),
    ),
    agrees(test, 'matmul with every transposition, batch and odd extent', matmulCases),
    agrees(test, 'linear with and without bias', linearCases),
    ...rowChecks(test),
  ];
}

const shapeCases = (draw: Draw): GraphCase[] => [
  {
    name: 'reshape',
    operands: [draw.f32([3, 4, 5])],
    build: (x) => [ops.reshape(x, [5, 12]), ops.reshape(x, [60]), ops.toRows(x)],
  },
  {
    name: 'reshape to and from a scalar',
    operands: [draw.f32([1, 1])],
    build: (x) => [ops.reshape(x, []), ops.reshape(ops.reshape(x, []), [1])],
  },
  {
    name: 'expand',
    operands: [draw.f32([3, 1])],
    build: (x) => [ops.expand(x, [2, 3, 31]), ops.mul(ops.expand(x, [3, 33]), 2)],
  },
  { name: 'expand i32', operands: [draw.ids([1], 9)], build: (x) => ops.expand(x, [257]) },
];

const sliceAndConcatCases = (draw: Draw): GraphCase[] => [
  ...[0, 1, -1].map((axis): GraphCase => ({
    name: `slice of axis ${axis}`,
    operands: [draw.f32([5, 33, 4])],
    build: (x) => [ops.slice(x, axis, 0, 1), ops.slice(x, axis, 1, 3), ops.slice(x, axis, 0, extentOf(x, axis))],
  })),
  ...[0, 1, -1].map((axis): GraphCase => ({
    name: `concat on axis ${axis}`,
    operands: [draw.f32([3, 2, 5]), draw.f32([3, 2, 5])],
    build: (a, b) => ops.concat([a, b, a], axis),
  })),
  {
    name: 'concat of unequal extents and of i32',
    operands: [draw.ids([3, 1], 9), draw.ids([3, 31], 9)],
    build: (a, b) => ops.concat([a, b], 1),
  },
];

const linearCases = (draw: Draw): GraphCase[] => [
  {
    name: 'rows',
    operands: [draw.f32([2, 3, 31]), draw.f32([33, 31]), draw.f32([33])],
    build: (x, w, b) => [ops.linear(x, w, b), ops.linear(x, w)],
  },
  { name: 'one row', operands: [draw.f32([1, 31]), draw.f32([1, 31])], build: (x, w) => ops.linear(x, w) },
];

type Reduction = (x: Tensor, axes?: readonly number[], keep?: boolean) => Tensor;

const reductionCases = (draw: Draw, f: Reduction): GraphCase[] => [
  ...[undefined, [0], [1], [-1], [0, 2], [1, 2], [0, 1, 2]].flatMap((axes) =>
    [false, true].map((keep): GraphCase => ({
      name: `axes ${axes?.join() ?? 'all'}${keep ? ', kept' : ''}`,
      operands: [draw.f32([3, 33, 5])],
      build: (x) => f(x, axes, keep),
    })),
  ),
  { name: 'long', operands: [draw.f32([3, 1025])], build: (x) => f(x, [1]) },
  { name: 'no axes', operands: [draw.f32([])], build: (x) => ops.add(f(x), 1) },
];

/** Products of an m×k and a k×n matrix. */
const productSizes = [
  { m: 1, k: 1, n: 1 },
  { m: 1, k: 33, n: 3 },
  { m: 3, k: 1, n: 31 },
  { m: 31, k: 257, n: 33 },
  { m: 33, k: 5, n: 1 },
];
const batches: readonly Shape[] = [[], [1], [3], [2, 3]];

function matmulCases(draw: Draw): GraphCase[] {
  const cases: GraphCase[] = [];
  for (const transA of [false, true])
    for (const transB of [false, true])
      for (const { m, k, n } of productSizes)
        for (const batch of batches)
          cases.push({
            name: `${m}×${k}×${n}, batch [${batch.join()}], ${transA} ${transB}`,
            operands: [
              draw.f32([...batch, ...(transA ? [k, m] : [m, k])]),
              draw.f32([...batch, ...(transB ? [n, k] : [k, n])]),
            ],
            build: (a, b) => ops.matmul(a, b, { transA, transB }),
          });
  return cases;
}

function rowChecks(test: BackendUnderTest): ConformanceCheck[] {
  return [
    agrees(test, 'gatherRows with repeated ids, any rank of ids, f32 and i32 tables', (draw) => [
      {
        name: 'ids [33]',
        operands: [draw.f32([257, 3]), draw.ids([33], 257)],
        build: (t, ids) => ops.gatherRows(t, ids),
      },
      {
        name: 'ids [2, 5]',
        operands: [draw.f32([3, 31]), draw.ids([2, 5], 3)],
        build: (t, ids) => ops.gatherRows(t, ids),
      },
      { name: 'one id', operands: [draw.f32([3, 1]), i32([], [2])], build: (t, ids) => ops.gatherRows(t, ids) },
      { name: 'i32', operands: [draw.ids([7, 2], 99), draw.ids([31], 7)], build: (t, ids) => ops.gatherRows(t, ids) },
    ]),
    agrees(test, 'scatterAddRows adds repeated ids up', (draw) => [
      {
        name: 'few rows',
        operands: [draw.f32([3, 31]), draw.ids([257], 3), draw.f32([257, 31])],
        build: (t, ids, u) => ops.scatterAddRows(t, ids, u),
      },
      {
        name: 'one id',
        operands: [draw.f32([1, 1]), i32([3], [0, 0, 0]), draw.f32([3, 1])],
        build: (t, ids, u) => ops.scatterAddRows(t, ids, u),
      },
      {
        name: 'ids [2, 5]',
        operands: [draw.f32([257, 3]), draw.ids([2, 5], 257), draw.f32([2, 5, 3])],
        build: (t, ids, u) => ops.scatterAddRows(t, ids, u),
      },
      {
        name: 'computed base and updates',
        operands: [draw.f32([5, 4]), draw.ids([9], 5), draw.f32([9, 4])],
        build: (t, ids, u) => ops.mul(ops.scatterAddRows(ops.mul(t, 2), ids, ops.exp(u)), 3),
      },
    ]),
    agrees(test, 'pick and oneHot', (draw) => [
      { name: 'rows', operands: [draw.f32([33, 257]), draw.ids([33], 257)], build: (x, ids) => ops.pick(x, ids) },
      {
        name: 'one class, and i32',
        operands: [draw.ids([3, 1], 9), i32([3], [0, 0, 0])],
        build: (x, ids) => ops.pick(x, ids),
      },
      { name: 'oneHot', operands: [draw.ids([2, 3], 5)], build: (ids) => ops.oneHot(ids, 5) },
    ]),
  ];
}
