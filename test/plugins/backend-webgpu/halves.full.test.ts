import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Graph } from '../../../core/compute/tensor/graph.js';
import { interpret } from '../../../core/compute/tensor/interpret.js';
import { add, matmul } from '../../../core/compute/tensor/ops.js';
import { createRandom } from '../../../core/random.js';
import type { WebGpuBackend } from '../../../plugins/backend-webgpu/backend.js';
import type { WebGpuBuffer } from '../../../plugins/backend-webgpu/memory/buffer.js';
import type { Target } from '../../../plugins/backend-webgpu/lower/target.js';
import { skipReason, startWebGpu } from './support.js';

const stream = createRandom(11).stream('halves');
/** Normal numbers whose rows (of the factor, however it is stored) differ in size by up to 2¹²⁰. */
const factor = (key: number, rows: number, depth: number, alongDepth: boolean): Float32Array =>
  Float32Array.from({ length: rows * depth }, (_, i) => {
    const row = alongDepth ? Math.floor(i / depth) : i % rows;
    return (stream.uniform(key, i) - 0.5) * 2 ** (10 * (row % 13) - 60) * (i % 7 === 0 ? 2 ** -20 : 1);
  });

const sizes: readonly (readonly [m: number, k: number, n: number])[] = [
  [3, 33, 31],
  [2, 257, 33],
  [257, 32, 3],
  [33, 1025, 65],
  [70, 64, 129],
];
/** Enough tiles of the larger forms. */
const large: readonly (readonly [m: number, k: number, n: number])[] = [
  [390, 33, 350],
  [1030, 40, 520],
];
const caseOf = ([m, k, n]: readonly [number, number, number], transA: boolean, transB: boolean) => ({
  name: `${m} × ${k} × ${n} ${transA} ${transB}`,
  m,
  k,
  n,
  transA,
  transB,
});
const cases = [
  ...sizes.flatMap((size) =>
    [false, true].flatMap((transA) => [false, true].map((transB) => caseOf(size, transA, transB))),
  ),
  ...large.map((size) => caseOf(size, false, true)),
];

/**
 * How far a sum of products is from the exact one, as a share of what is allowed: each factor keeps 11 bits and may be
 * rounded either way, or loses what is 2²⁸ times smaller than the largest of its row; sums are f32, and results below
 * the smallest normal number may be zero.
 */
function shareOfBound(actual: number, a: Float32Array, b: Float32Array): number {
  let exact = 0,
    size = 0,
    sumA = 0,
    sumB = 0,
    topA = 0,
    topB = 0;
  for (let d = 0; d < a.length; d++) {
    const x = a[d]!,
      y = b[d]!;
    exact += x * y;
    size += Math.abs(x * y);
    sumA += Math.abs(x);
    sumB += Math.abs(y);
    topA = Math.max(topA, Math.abs(x));
    topB = Math.max(topB, Math.abs(y));
  }
  return (
    Math.abs(actual - exact) /
    (size * (2 ** -9 + a.length * 2 ** -24) + 2 ** -28 * (topA * sumB + sumA * topB) + 2 ** -126)
  );
}

const kinds: readonly (readonly [string, Partial<Target>])[] = [
  ['a processor', { isCpu: true }],
  ['a GPU', { isCpu: false, matrixUnit: undefined }],
  ['a GPU with matrix units', { isCpu: false }],
];

describe.skipIf(skipReason !== undefined).each(kinds)('products in f16 with the kernels for %s', (kind, target) => {
  let backend: WebGpuBackend;
  beforeAll(async () => {
    backend = await startWebGpu({ ...target, precision: 'f16' });
  });
  afterAll(() => backend.dispose());
  beforeEach(({ skip }) => {
    skip(kind.includes('matrix') && !backend.device.target.matrixUnit, `${backend.info.device} has no matrix units`);
  });

  it.each(cases)('stay within their bound: $name', async ({ m, k, n, transA, transB }) => {
    const a = factor(m, m, k, !transA),
      b = factor(n, n, k, transB);
    const g = new Graph('halves');
    g.output(
      'y',
      matmul(g.input('a', transA ? [k, m] : [m, k]), g.input('b', transB ? [n, k] : [k, n]), { transA, transB }),
    );
    const program = await backend.compile(g, { label: 'halves' });
    const { y } = await backend.submit(program, {
      a: backend.create(transA ? [k, m] : [m, k], 'f32', a),
      b: backend.create(transB ? [n, k] : [k, n], 'f32', b),
    });
    const actual = await backend.read(y!);
    const row = (x: Float32Array, rows: number, r: number, alongDepth: boolean): Float32Array =>
      Float32Array.from({ length: k }, (_, d) => x[alongDepth ? r * k + d : d * rows + r]!);
    const left = Array.from({ length: m }, (_, i) => row(a, m, i, !transA)),
      right = Array.from({ length: n }, (_, j) => row(b, n, j, transB));
    const worst = left.reduce(
      (top, x, i) => right.reduce((t, z, j) => Math.max(t, shareOfBound(actual[i * n + j]!, x, z)), top),
      0,
    );
    expect(worst).toBeGreaterThan(2 ** -10); // It really is f16.
    expect(worst).toBeLessThan(1);
  });

  it('keep the f16 form of an input until its contents change, and give it back with the buffer', async () => {
    const g = new Graph('kept'),
      shape = [64, 64];
    g.output('y', matmul(g.input('x', shape), g.input('w', shape), { transB: true }));
    const program = await backend.compile(g, { label: 'kept' });
    const eye = (value: number): Float32Array =>
      Float32Array.from({ length: 4096 }, (_, i) => (i % 65 === 0 ? value : 0));
    const x = backend.create(shape, 'f32', eye(1)),
      w = backend.create(shape, 'f32', eye(2));
    const product = async (): Promise<number> => {
      const { y } = await backend.submit(program, { x, w });
      const value = (await backend.read(y!))[65]!;
      backend.release(y!);
      return value;
    };
    expect(await product()).toBe(2);
    const { forms } = w as WebGpuBuffer,
      [kept] = forms.values();
    expect(forms.size).toBe(2);
    expect(await product()).toBe(2);
    expect([...forms.values()][0]).toBe(kept);
    backend.write(w, Float32Array.of(0, 7), 64);
    expect(forms.size).toBe(0);
    expect(await product()).toBe(7);
    const both = await backend.submit(program, { x: w, w });
    expect((await backend.read(both['y']!))[65]).toBe(49);
    for (const buffer of [x, w, both['y']!]) backend.release(buffer);
    expect(forms.size).toBe(0);
  });

  it('make a row with an infinity NaN, and no other', async () => {
    const g = new Graph('infinite'),
      rows = 3,
      depth = 40;
    g.output('y', add(matmul(g.input('a', [rows, depth]), g.input('b', [2, depth]), { transB: true }), 0));
    const data = new Float32Array(rows * depth).fill(1);
    data[depth + 5] = Infinity;
    const program = await backend.compile(g, { label: 'infinite' });
    const { y } = await backend.submit(program, {
      a: backend.create([rows, depth], 'f32', data),
      b: backend.create([2, depth], 'f32', new Float32Array(2 * depth).fill(0.5)),
    });
    expect([...(await backend.read(y!))]).toEqual([20, 20, NaN, NaN, 20, 20]);
    expect(interpret(g, { a: data, b: new Float32Array(2 * depth).fill(0.5) })['y']![2]).toBe(Infinity);
  });
});
