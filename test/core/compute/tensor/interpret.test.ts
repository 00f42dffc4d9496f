import { describe, expect, it } from 'vitest';
import { Graph, type OpDefinition } from '../../../../core/compute/tensor/graph.js';
import { createInterpreter, interpret } from '../../../../core/compute/tensor/interpret.js';
import { kernels } from '../../../../core/compute/tensor/interpret/kernels.js';
import * as ops from '../../../../core/compute/tensor/ops.js';
import { evaluate, given, random, type Build, type Operand } from './numeric.js';

const values = (build: Build, ...operands: Operand[]): number[][] => evaluate(build, ...operands).map((v) => [...v]);
const vector = (...v: number[]): Operand => given([v.length], v);
const integers = (...v: number[]): Operand => given([v.length], v, 'i32');

/** Worked by hand: the oracle of every backend needs one of its own. */
describe('the interpreter computes', () => {
  it('element-wise functions', () => {
    expect(values((x) => [ops.neg(x), ops.abs(x), ops.clip(x, -1, 2)], vector(-3, 0.5, 4))).toEqual([
      [3, -0.5, -4],
      [3, 0.5, 4],
      [-1, 0.5, 2],
    ]);
    expect(values((x) => [ops.sqrt(x), ops.stopGradient(x)], vector(0, 2.25, 9))).toEqual([
      [0, 1.5, 3],
      [0, 2.25, 9],
    ]);
    const [e, l, s] = evaluate((x) => [ops.exp(x), ops.log(x), ops.sigmoid(x)], vector(1));
    expect([e![0], l![0], s![0]]).toEqual([Math.E, 0, 1 / (1 + 1 / Math.E)]);
  });

  it('arithmetic with broadcasting', () => {
    expect(
      values(
        (a, b) => [ops.add(a, b), ops.sub(a, b), ops.mul(a, b), ops.div(a, b)],
        given([2, 1], [6, 12]),
        vector(1, 2, 3),
      ),
    ).toEqual([
      [7, 8, 9, 13, 14, 15],
      [5, 4, 3, 11, 10, 9],
      [6, 12, 18, 12, 24, 36],
      [6, 3, 2, 12, 6, 4],
    ]);
    expect(values((a, b) => [ops.minimum(a, b), ops.maximum(a, b)], vector(1, 5), vector(3, 3))).toEqual([
      [1, 3],
      [3, 5],
    ]);
  });

  it('integers in 32 bits, division towards zero', () => {
    const [sum, difference, product, quotient] = values(
      (a, b) => [ops.add(a, b), ops.sub(a, b), ops.mul(a, b), ops.div(a, b)],
      integers(7, -7, 2147483647, 65537),
      integers(2, 2, 2, 65537),
    );
    expect(sum).toEqual([9, -5, -2147483647, 131074]);
    expect(difference).toEqual([5, -9, 2147483645, 0]);
    expect(product).toEqual([14, -14, -2, 131073]);
    expect(quotient).toEqual([3, -3, 1073741823, 1]);
  });

  it('conditions and casts', () => {
    const [a, b] = [vector(1, 2, 3), vector(2, 2, 2)];
    expect(
      values(
        (x, y) => [ops.less(x, y), ops.lessEqual(x, y), ops.equal(x, y), ops.and(ops.less(1, x), ops.less(x, 3))],
        a,
        b,
      ),
    ).toEqual([
      [1, 0, 0],
      [1, 1, 0],
      [0, 1, 0],
      [0, 1, 0],
    ]);
    expect(values((x, y) => ops.where(ops.less(x, y), x, -1), a, b)).toEqual([[1, -1, -1]]);
    expect(values((x) => ops.cast(x, 'i32'), vector(-2.7, -0.5, 0.9, 2.7, NaN, 1e20, -Infinity))).toEqual([
      [-2, 0, 0, 2, 0, 2147483647, -2147483648],
    ]);
  });

  it('movement of elements', () => {
    const x = given([2, 3], [1, 2, 3, 4, 5, 6]);
    expect(
      values((t) => [ops.transpose(t, [1, 0]), ops.slice(t, 1, 1, 3), ops.slice(t, 0, 1, 2), ops.concat([t, t], 1)], x),
    ).toEqual([
      [1, 4, 2, 5, 3, 6],
      [2, 3, 5, 6],
      [4, 5, 6],
      [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6],
    ]);
    expect(values((t) => ops.transpose(t, [2, 0, 1]), given([1, 2, 3], [1, 2, 3, 4, 5, 6]))).toEqual([
      [1, 4, 2, 5, 3, 6],
    ]);
    expect(values((t) => [ops.expand(t, [2, 2, 2]), ops.reshape(t, [1, 2])], given([2, 1], [7, 8]))).toEqual([
      [7, 7, 8, 8, 7, 7, 8, 8],
      [7, 8],
    ]);
  });

  it('reductions', () => {
    const x = given([2, 3], [1, -2, 3, 4, 5, -6]);
    expect(values((t) => [ops.sum(t), ops.sum(t, [0]), ops.sum(t, [1], true), ops.max(t, [1]), ops.max(t)], x)).toEqual(
      [[5], [5, 3, -3], [2, 3], [3, 5], [5]],
    );
    expect(values((t) => ops.max(t), vector(1, NaN, 2))).toEqual([[NaN]]);
  });

  it('matrix products with either side transposed', () => {
    const a = given([2, 3], [1, 2, 3, 4, 5, 6]),
      b = given([3, 2], [1, 0, 0, 1, 1, 1]);
    expect(values((x, y) => ops.matmul(x, y), a, b)).toEqual([[4, 5, 10, 11]]);
    expect(values((x, y) => ops.matmul(x, y, { transA: true, transB: true }), a, b)).toEqual([
      [1, 4, 5, 2, 5, 7, 3, 6, 9],
    ]);
    expect(values((x) => ops.matmul(x, x, { transB: true }), a)).toEqual([[14, 32, 32, 77]]);
    expect(values((x) => ops.matmul(x, x, { transA: true }), given([2, 1, 2], [1, 2, 3, 4]))).toEqual([
      [1, 2, 2, 4, 9, 12, 12, 16],
    ]);
  });

  it('rows by id, repeated ids adding up', () => {
    const table = given([3, 2], [1, 2, 3, 4, 5, 6]);
    expect(values((t, ids) => ops.gatherRows(t, ids), table, integers(2, 0, 2))).toEqual([[5, 6, 1, 2, 5, 6]]);
    expect(
      values(
        (t, ids, u) => ops.scatterAddRows(t, ids, u),
        table,
        integers(2, 0, 2),
        given([3, 2], [10, 20, 30, 40, 50, 60]),
      ),
    ).toEqual([[31, 42, 3, 4, 65, 86]]);
    expect(values((x, ids) => ops.pick(x, ids), table, integers(1, 0, 1))).toEqual([[2, 3, 6]]);
    expect(values((ids) => ops.oneHot(ids, 3), integers(2, 0))).toEqual([[0, 0, 1, 1, 0, 0]]);
  });

  it('attention within segments: the first token of each sees itself alone', () => {
    const v = given([1, 4, 1], [1, 2, 3, 4]),
      zero = given([1, 4, 1], [0, 0, 0, 0]);
    expect(
      values(
        (q, k, x, s) => ops.attention({ q, k, v: x, starts: s }, 1, 1),
        zero,
        zero,
        v,
        given([1, 4], [0, 0, 2, 2], 'i32'),
      ),
    ).toEqual([[1, 1.5, 3, 3.5]]);
  });

  it('cache writes at flat indices, negative ones not at all', () => {
    const cache = given([2, 1, 2, 2], [0, 0, 0, 0, 0, 0, 0, 0]);
    // Keys lie transposed: [lane, head, h, token].
    expect(
      values(
        (c, x, index) => ops.cacheWrite(c, x, index, 3),
        cache,
        given([3, 2], [1, 2, 3, 4, 5, 6]),
        integers(3, -1, 0),
      ),
    ).toEqual([[5, 0, 6, 0, 0, 1, 0, 2]]);
    expect(
      values(
        (c, x, index) => ops.cacheWrite(c, x, index, 2),
        cache,
        given([3, 2], [1, 2, 3, 4, 5, 6]),
        integers(3, -1, 0),
      ),
    ).toEqual([[5, 6, 0, 0, 0, 0, 1, 2]]);
  });

  it('in float64 from input to output', () => {
    expect(values((x) => ops.add(x, x), vector(0.1, 1 + 2 ** -40))).toEqual([[0.2, 2 + 2 ** -39]]);
  });
});

describe('the interpreter', () => {
  it('leaves its inputs alone and gives outputs of their own', () => {
    const g = new Graph('test'),
      x = g.input('x', [2]);
    g.output('same', x);
    g.output('again', ops.reshape(x, [1, 2]));
    const data = Float64Array.of(1, 2);
    const first = createInterpreter(g).execute({ x: data });
    first['same']!.fill(9);
    expect([...data, ...first['again']!]).toEqual([1, 2, 1, 2]);
  });

  it('executes a graph again and again with other inputs', () => {
    const g = new Graph('test');
    g.output(
      'y',
      ops.scatterAddRows(
        g.input('x', [1, 2]),
        g.constant(Int32Array.of(0), [1]),
        g.constant(Float32Array.of(1, 1), [1, 2]),
      ),
    );
    const { execute } = createInterpreter(g);
    expect([
      [...execute({ x: [1, 2] })['y']!],
      [...execute({ x: [5, 6] })['y']!],
      [...execute({ x: [1, 2] })['y']!],
    ]).toEqual([
      [2, 3],
      [6, 7],
      [2, 3],
    ]);
  });

  it('names a missing, unknown or ill-sized input', () => {
    const g = new Graph('test');
    g.output('y', g.input('x', [2]));
    const bad =
      (inputs: Record<string, number[]>): (() => unknown) =>
      () =>
        interpret(g, inputs);
    expect(bad({})).toThrow(
      expect.objectContaining({
        code: 'ORZ_PROGRAM_INPUT',
        message: expect.stringContaining('input "x" f32[2] needs 2 values, not none'),
      }),
    );
    expect(bad({ x: [1] })).toThrow(expect.objectContaining({ message: expect.stringContaining('not 1') }));
    expect(bad({ x: [1, 2], z: [1] })).toThrow(
      expect.objectContaining({ code: 'ORZ_PROGRAM_INPUT', message: expect.stringContaining('no input "z"') }),
    );
  });

  it('names an operation nobody defined, and lists those it knows', () => {
    const g = new Graph('test');
    const mystery: OpDefinition = { name: 'mystery', infer: ([x]) => [{ shape: x!.shape, dtype: 'f32' }] };
    g.output('y', g.node(mystery, [g.input('x', [1])])[0]!);
    expect(() => createInterpreter(g)).toThrow(
      expect.objectContaining({
        code: 'ORZ_GRAPH_INVALID',
        message: expect.stringContaining('"mystery"'),
        details: expect.objectContaining({ allowed: Object.keys(kernels) }),
      }),
    );
  });

  it('refuses an id out of range', () => {
    const table = random([3, 2]);
    const refused = expect.objectContaining({
      code: 'ORZ_PROGRAM_INPUT',
      details: expect.objectContaining({ allowed: '0 … 2' }),
    });
    expect(() => evaluate((t, ids) => ops.gatherRows(t, ids), table, integers(3))).toThrow(refused);
    expect(() => evaluate((t, ids, u) => ops.scatterAddRows(t, ids, u), table, integers(-1), random([1, 2]))).toThrow(
      refused,
    );
    expect(() => evaluate((x, ids) => ops.pick(x, ids), random([1, 3]), integers(3))).toThrow(refused);
  });
});
