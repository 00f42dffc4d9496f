import { describe, expect, it } from 'vitest';
import { Graph } from '../../../core/compute/tensor/graph.js';
import { log, matmul } from '../../../core/compute/tensor/ops.js';
import type { TensorData } from '../../../core/compute/tensor/types.js';
import { execute, startCpu, upload } from './support.js';

interface Extents {
  m: number;
  n: number;
  k: number;
  batch?: number[];
  transA?: boolean;
  transB?: boolean;
}

/** Rows of a product; the values of row i depend on nothing but i. */
async function product(
  threads: number,
  { m, n, k, batch = [], transA = false, transB = true }: Extents,
): Promise<TensorData> {
  const graph = new Graph('product');
  graph.output(
    'y',
    matmul(
      graph.input('a', [...batch, ...(transA ? [k, m] : [m, k])]),
      graph.input('b', [...batch, ...(transB ? [n, k] : [k, n])]),
      { transA, transB },
    ),
  );
  const wave = (name: string, frequency: number): Float32Array =>
    Float32Array.from({ length: graph.inputs.get(name)!.shape.reduce((p, q) => p * q, 1) }, (_, i) =>
      Math.sin(i * frequency),
    );
  const backend = await startCpu(threads);
  const { y } = await execute(backend, graph, upload(backend, graph, { a: wave('a', 1.37), b: wave('b', 0.77) }));
  await backend.dispose();
  return y!;
}

// Each of these differed between some numbers of threads when handed to Gemm or MatMul as it is.
const delicate: Extents[] = [
  { m: 64, n: 96, k: 256 },
  { m: 64, n: 96, k: 256, transB: false },
  { m: 64, n: 128, k: 896 },
  { m: 64, n: 151, k: 300 },
  { m: 7, n: 96, k: 129 },
  { m: 96, n: 256, k: 2048 },
  { m: 2048, n: 1, k: 96, transB: false },
  { m: 1023, n: 1, k: 300, transB: false },
  { m: 7, n: 64, k: 300, batch: [2], transB: false },
  { m: 3, n: 64, k: 1024, batch: [1], transB: false },
];

describe('a product on the CPU', () => {
  for (const extents of delicate) {
    it(`has the same bits with 1, 2, 3, 4 and 8 threads: ${JSON.stringify(extents)}`, async () => {
      const one = await product(1, extents);
      for (const threads of [2, 3, 4, 8])
        expect(
          Buffer.from((await product(threads, extents)).buffer).equals(Buffer.from(one.buffer)),
          `${threads} threads`,
        ).toBe(true);
    });
  }

  it('gives a row the same bits among 2, 7, 64 and 300 rows', async () => {
    for (const { n, k } of [
      { n: 96, k: 256 },
      { n: 32, k: 512 },
      { n: 16, k: 130 },
      { n: 1, k: 896 },
    ]) {
      const all = await product(2, { m: 300, n, k });
      for (const m of [2, 7, 64]) {
        const some = await product(2, { m, n, k });
        expect(
          Buffer.from(some.buffer).equals(Buffer.from(all.buffer, 0, some.length * 4)),
          `${m} rows of ${k} × ${n}`,
        ).toBe(true);
      }
    }
  });
});

describe('a logarithm on the CPU', () => {
  it('has the same bits with 1, 2, 3 and 8 threads, and the right special values', async () => {
    const graph = new Graph('log');
    graph.output('y', log(graph.input('x', [300_007])));
    const x = Float32Array.from(
      { length: 300_007 },
      (_, i) => [0, -1, Infinity, NaN][i] ?? Math.abs(Math.sin(i * 1.3)) * 5,
    );
    const results: TensorData[] = [];
    for (const threads of [1, 2, 3, 8]) {
      const backend = await startCpu(threads);
      results.push((await execute(backend, graph, upload(backend, graph, { x })))['y']!);
      await backend.dispose();
    }
    expect(Array.from(results[0]!.subarray(0, 4))).toEqual([-Infinity, NaN, Infinity, NaN]);
    for (const result of results) expect(Buffer.from(result.buffer).equals(Buffer.from(results[0]!.buffer))).toBe(true);
  });
});
