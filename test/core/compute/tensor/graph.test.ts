import { describe, expect, it } from 'vitest';
import { Graph, type Tensor } from '../../../../core/compute/tensor/graph.js';
import { interpret } from '../../../../core/compute/tensor/interpret.js';
import * as ops from '../../../../core/compute/tensor/ops.js';
import type { DType, Shape } from '../../../../core/compute/tensor/types.js';
import { decodeInputs } from './numeric.js';

const shapeError = (...parts: string[]): unknown =>
  expect.objectContaining({
    code: 'ORZ_GRAPH_SHAPE',
    message: expect.stringMatching(new RegExp(parts.map((p) => p.replace(/[[\]().*]/g, '\\$&')).join('.*'))),
  });
const dtypeError = (...parts: string[]): unknown =>
  expect.objectContaining({ code: 'ORZ_GRAPH_DTYPE', message: expect.stringContaining(parts.join('')) });

/** Builds with inputs given as `f32[2, 3]`-like pairs. */
function build(types: readonly (readonly [Shape, DType?])[], make: (...x: Tensor[]) => unknown): () => unknown {
  const g = new Graph('test');
  const inputs = types.map(([shape, dtype], i) => g.input(`x${i}`, shape, dtype));
  return () => make(...inputs);
}

describe('shapes that do not fit name the operation and the shapes', () => {
  const cases: Record<string, [() => unknown, ...string[]]> = {
    add: [build([[[2, 3]], [[4]]], (a, b) => ops.add(a, b)), 'add(f32[2, 3], f32[4])'],
    where: [build([[[2]], [[3]]], (a, b) => ops.where(ops.less(a, 0), b, b)), 'where(bool[2], f32[3], f32[3])'],
    less: [build([[[2]], [[3]]], (a, b) => ops.less(a, b)), 'less(f32[2], f32[3])'],
    reshape: [build([[[2, 3]]], (x) => ops.reshape(x, [4])), 'reshape(f32[2, 3])', '6 elements', '[4]'],
    'transpose, an axis twice': [build([[[2, 3]]], (x) => ops.transpose(x, [0, 0])), 'transpose(f32[2, 3])', '[0, 0]'],
    'transpose, an axis missing': [build([[[2, 3]]], (x) => ops.transpose(x, [1])), 'transpose(f32[2, 3])'],
    'slice, empty': [build([[[2, 3]]], (x) => ops.slice(x, 1, 2, 2)), 'slice(f32[2, 3])', 'axis 1'],
    'slice, too long': [build([[[2, 3]]], (x) => ops.slice(x, -1, 0, 4)), 'slice(f32[2, 3])'],
    'slice, no such axis': [build([[[2, 3]]], (x) => ops.slice(x, 2, 0, 1)), 'slice(f32[2, 3])'],
    concat: [build([[[2, 3]], [[3, 3]]], (a, b) => ops.concat([a, b], 1)), 'concat(f32[2, 3], f32[3, 3])'],
    'concat of nothing': [() => ops.concat([], 0), 'concat()', 'at least one'],
    expand: [build([[[2, 3]]], (x) => ops.expand(x, [2, 4])), 'expand(f32[2, 3])', '[2, 4]'],
    'expand to fewer axes': [build([[[2, 3]]], (x) => ops.expand(x, [3])), 'expand(f32[2, 3])'],
    'sum, no such axis': [build([[[2, 3]]], (x) => ops.sum(x, [2])), 'sum(f32[2, 3])'],
    'matmul, inner extents': [
      build([[[2, 3]], [[4, 5]]], (a, b) => ops.matmul(a, b)),
      'matmul(f32[2, 3], f32[4, 5])',
      '3 and 4',
    ],
    'matmul, batch extents': [
      build([[[2, 3, 3]], [[3, 3]]], (a, b) => ops.matmul(a, b)),
      'matmul(f32[2, 3, 3], f32[3, 3])',
    ],
    'matmul, transposed': [
      build([[[2, 3]], [[2, 3]]], (a, b) => ops.matmul(a, b, { transA: true, transB: true })),
      'matmul',
    ],
    gatherRows: [
      build([[[2, 3, 4]], [[2], 'i32']], (t, ids) => ops.gatherRows(t, ids)),
      'gatherRows(f32[2, 3, 4], i32[2])',
    ],
    scatterAddRows: [
      build([[[2, 3]], [[4], 'i32'], [[4, 2]]], (t, ids, u) => ops.scatterAddRows(t, ids, u)),
      'scatterAddRows(f32[2, 3], i32[4], f32[4, 2])',
    ],
    pick: [build([[[2, 3]], [[3], 'i32']], (x, ids) => ops.pick(x, ids)), 'pick(f32[2, 3], i32[3])'],
    rmsNorm: [build([[[2, 3]], [[2]]], (x, w) => ops.rmsNorm(x, w, 1e-6)), 'rmsNorm(f32[2, 3], f32[2])'],
    rotary: [
      build([[[2, 8]], [[2, 3]], [[2, 3]]], (x, c, s) => ops.rotary(x, c, s, 2)),
      'rotary(f32[2, 8], f32[2, 3], f32[2, 3])',
    ],
    'attention, wrong keys': [
      build([[[1, 2, 8]], [[1, 2, 8]], [[1, 2, 8]], [[1, 2], 'i32']], (q, k, v, s) =>
        ops.attention({ q, k, v, starts: s }, 4, 2),
      ),
      'attention(f32[1, 2, 8]',
    ],
    'attention, uneven groups': [
      build([[[1, 2, 6]], [[1, 2, 4]], [[1, 2, 4]], [[1, 2], 'i32']], (q, k, v, s) =>
        ops.attention({ q, k, v, starts: s }, 3, 2),
      ),
      'attention(f32[1, 2, 6])',
    ],
    'attention, heads that do not divide': [
      build([[[1, 2, 10]], [[1, 2, 5]], [[1, 2, 5]], [[1, 2], 'i32']], (q, k, v, s) =>
        ops.attention({ q, k, v, starts: s }, 4, 2),
      ),
      'attention(f32[1, 2, 10])',
    ],
    'attention, wrong rank': [
      build([[[2, 8]], [[2, 8]], [[2, 8]], [[2], 'i32']], (q, k, v, s) => ops.attention({ q, k, v, starts: s }, 2, 2)),
      'attention(f32[2, 8]',
    ],
    decodeAttention: [
      build([[[2, 8]], [[2, 4]], [[2, 4]], [[2, 2, 2, 9]], [[2, 2, 9, 2]], [[3], 'i32']], (...t) =>
        ops.decodeAttention(decodeInputs(t), 4, 2),
      ),
      'decodeAttention(f32[2, 8]',
    ],
    tokenLogprob: [
      build([[[2, 3]], [[3], 'i32']], (x, ids) => ops.tokenLogprob(x, ids)),
      'tokenLogprob(f32[2, 3], i32[3])',
    ],
    cacheWrite: [
      build([[[2, 1, 3, 4]], [[2, 4]], [[2], 'i32']], (cache, values, index) =>
        ops.cacheWrite(cache, values, index, 3),
      ),
      'cacheWrite(f32[2, 1, 3, 4], f32[2, 4], i32[2])',
    ],
    categorical: [
      build([[[2, 3]], [[2]], [[2], 'i32'], [[3]]], (logits, u, k, p) =>
        ops.categorical({ logits: logits, uniforms: u, temperature: u, topP: p, topK: k }),
      ),
      'categorical(f32[2, 3], f32[2], f32[2], f32[3], i32[2])',
    ],
    adamW: [
      build([[[2]], [[3]], [[]]], (p, g, s) =>
        ops.adamW(
          { parameter: p, gradient: g, m: p, v: p, learningRate: s, step: s, gradientScale: s },
          { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0 },
        ),
      ),
      'adamW(f32[2], f32[3]',
    ],
    'an input of extent 0': [() => new Graph('test').input('x', [2, 0]), '[2, 0]'],
    'a constant': [() => new Graph('test').constant(Float32Array.of(1, 2), [3]), 'constant of 2 values', '[3]'],
  };
  for (const [title, [action, ...parts]] of Object.entries(cases))
    it(title, () => expect(action).toThrow(shapeError(...parts)));
});

describe('dtypes that do not fit name the operation and the dtypes', () => {
  const cases: Record<string, [() => unknown, string]> = {
    'add of two dtypes': [build([[[2]], [[2], 'i32']], (a, b) => ops.add(a, b)), 'add of f32 and i32'],
    'add of bool': [build([[[2]]], (a) => ops.add(ops.less(a, 0), ops.less(a, 0))), 'add of bool and bool'],
    'and of f32': [build([[[2]]], (a) => ops.and(a, a)), 'and of f32 and f32'],
    'equal of bool': [build([[[2]]], (a) => ops.equal(ops.less(a, 0), ops.less(a, 0))), 'equal of bool and bool'],
    'exp of i32': [build([[[2], 'i32']], (x) => ops.exp(x)), 'exp(i32[2]): expected f32'],
    'where with a number as condition': [build([[[2]]], (x) => ops.where(x, 1, 2)), 'where(f32[2])'],
    'matmul of i32': [build([[[2, 2], 'i32']], (x) => ops.matmul(x, x)), 'matmul(i32[2, 2], i32[2, 2]): expected f32'],
    'gatherRows with float ids': [
      build([[[2, 2]], [[1]]], (t, ids) => ops.gatherRows(t, ids)),
      'gatherRows(f32[1]): expected i32',
    ],
    'a fraction beside integers': [build([[[2], 'i32']], (x) => ops.mul(x, 0.5)), '0.5 is not an i32'],
    'an integer beyond 32 bits': [build([[[2], 'i32']], (x) => ops.add(x, 2 ** 31)), 'is not an i32'],
    'a bool output': [build([[[2]]], (x) => x.graph.output('y', ops.less(x, 0))), 'Output "y" of graph "test" is bool'],
  };
  for (const [title, [action, message]] of Object.entries(cases))
    it(title, () => expect(action).toThrow(dtypeError(message)));
});

describe('a graph', () => {
  it('makes equal operations one node, and keeps unequal ones apart', () => {
    const g = new Graph('test'),
      x = g.input('x', [2]),
      y = g.input('y', [2]);
    expect(ops.add(x, y)).toBe(ops.add(x, y));
    expect(ops.add(x, 1)).toBe(ops.add(x, 1));
    expect(ops.add(x, y)).not.toBe(ops.add(y, x));
    expect(ops.reshape(x, [1, 2])).not.toBe(ops.reshape(x, [2, 1]));
    expect(g.scalar(0)).not.toBe(g.scalar(-0));
    expect(g.scalar(1)).not.toBe(g.scalar(1, 'i32'));
    expect(g.iota(100)).toBe(g.iota(100));
    const ramp = Float32Array.from({ length: 20 }, (_, i) => (i === 0 ? -0 : i));
    expect(g.constant(ramp, [20])).not.toBe(
      g.constant(
        ramp.map((_, i) => i),
        [20],
      ),
    );
  });

  it('keeps a copy of a constant', () => {
    for (const length of [3, 40]) {
      const g = new Graph('test'),
        data = new Float32Array(length).fill(1);
      g.output('first', g.constant(data, [length]));
      data.fill(2);
      g.output('second', g.constant(data, [length]));
      const results = interpret(g, {});
      expect([results['first']![0], results['second']![0]]).toEqual([1, 2]);
    }
  });

  it('refuses a name twice and tensors of another graph', () => {
    const g = new Graph('test'),
      x = g.input('x', [2]);
    g.output('y', x);
    const invalid = (message: string): unknown =>
      expect.objectContaining({ code: 'ORZ_GRAPH_INVALID', message: expect.stringContaining(message) });
    expect(() => g.input('x', [2])).toThrow(invalid('already has an input "x"'));
    expect(() => {
      g.output('y', x);
    }).toThrow(invalid('already has an output "y"'));
    expect(() => ops.add(x, new Graph('other').input('x', [2]))).toThrow(invalid('belongs to graph "other"'));
    expect(() => ops.add(1, 2)).toThrow(invalid('at least one tensor'));
    const missing = undefined as unknown as Tensor;
    expect(() => ops.mul(x, missing)).toThrow(invalid('mul: operand 2 is undefined, no tensor'));
    expect(() => ops.exp(missing)).toThrow(invalid('exp: operand 1 is undefined'));
    expect(() => ops.where(ops.less(x, 0), x, missing)).toThrow(invalid('operand 3 is undefined'));
  });

  it('lists live nodes in order and leaves out what no output needs', () => {
    const g = new Graph('test'),
      x = g.input('x', [2]);
    ops.exp(x);
    const y = ops.log(ops.add(x, 1));
    g.output('y', y);
    expect(g.liveNodes().map((node) => node.op.name)).toEqual(['input', 'constant', 'add', 'log']);
  });

  it('leaves a tensor that already has the shape or dtype as it is', () => {
    const x = new Graph('test').input('x', [2, 3]);
    expect([
      ops.reshape(x, [2, 3]),
      ops.expand(x, [2, 3]),
      ops.cast(x, 'f32'),
      ops.concat([x], 0),
      ops.sum(x, []),
    ]).toEqual([x, x, x, x, x]);
  });
});
