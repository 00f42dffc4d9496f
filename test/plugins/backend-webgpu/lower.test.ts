import { describe, expect, it } from 'vitest';
import { gradients } from '../../../core/compute/tensor/autodiff.js';
import { Graph, type Tensor } from '../../../core/compute/tensor/graph.js';
import * as ops from '../../../core/compute/tensor/ops.js';
import type { Access } from '../../../plugins/backend-webgpu/lower/kernel.js';
import type { Target } from '../../../plugins/backend-webgpu/lower/target.js';
import { lower } from '../../../plugins/backend-webgpu/lower/lower.js';
import { layOutMemory } from '../../../plugins/backend-webgpu/lower/memory-layout.js';
import { KernelSource } from '../../../plugins/backend-webgpu/kernels/source.js';

const target = {
  maxBindings: 8,
  isCpu: false,
  largestBuffer: 2 ** 27,
  workgroupBytes: 16384,
  subgroups: false,
  precision: 'f32' as const,
  matrixUnit: undefined,
};

function kernelsOf(
  build: (g: Graph) => Record<string, Tensor>,
  maxBindings = 8,
): { labels: string[]; reads: Access[][]; bindings: number[] } {
  const g = new Graph('test');
  for (const [name, t] of Object.entries(build(g))) g.output(name, t);
  const lowered = lower(g, { ...target, maxBindings });
  return {
    labels: lowered.kernels.map((k) => k.label),
    reads: lowered.kernels.map((k) => [...k.reads.values()]),
    bindings: lowered.kernels.map((k) => {
      const source = new KernelSource({ memoryOf: numbered(), partLength: 2 ** 25 });
      k.write(source);
      return source.bindings.length;
    }),
  };
}

/** Memory of its own for every value. */
const numbered = (): ((value: object) => number) => {
  const known = new Map<object, number>();
  return (value) => {
    if (!known.has(value)) known.set(value, known.size);
    return known.get(value)!;
  };
};

describe('the lowering', () => {
  it('makes one kernel of a chain of element-wise operations, transpositions and broadcasts', () => {
    const { labels } = kernelsOf((g) => {
      const x = g.input('x', [5, 7]),
        bias = g.input('bias', [7]);
      return { y: ops.transpose(ops.silu(ops.add(ops.mul(x, 2), bias)), [1, 0]) };
    });
    expect(labels).toHaveLength(1);
  });

  it('computes a bias, an accumulation and a gate inside the product they follow', () => {
    const { labels } = kernelsOf((g) => {
      const x = g.input('x', [40, 8]),
        sums = g.input('sums', [8, 9]),
        dy = g.input('dy', [40, 9]);
      return {
        y: ops.linear(x, g.input('w', [9, 8]), g.input('b', [9])),
        sums: ops.add(sums, ops.matmul(x, dy, { transA: true })),
        gated: ops.mul(ops.silu(ops.linear(x, g.input('gate', [9, 8]))), dy),
      };
    });
    expect(labels).toHaveLength(3);
    expect(labels.every((label) => label.startsWith('matmul') && label.includes('+'))).toBe(true);
  });

  it('counts a factor read in vectors and one by one as two bindings when it fuses into a product', () => {
    const { bindings } = kernelsOf((g) => {
      const [x, w, ...others] = [0, 1, 2, 3, 4, 5].map((i) => g.input(`x${i}`, [8, 8])) as [Tensor, Tensor];
      const s = others.reduce((a, b) => ops.add(a, b), ops.add(ops.matmul(x, w, { transB: true }), x));
      return { s, exp: ops.exp(ops.mul(s, 0.1)) };
    });
    expect(bindings).toEqual([3, 8]);
  });

  it('reads a transposed matrix where it lies', () => {
    const { labels } = kernelsOf((g) => ({
      y: ops.matmul(ops.transpose(g.input('a', [8, 40]), [1, 0]), ops.transpose(g.input('b', [9, 8]), [1, 0])),
    }));
    expect(labels).toEqual(['matmul 40x8x9 Aᵀ Bᵀ in tiles of 32x32']);
  });

  it('computes what a reduction sums on the way', () => {
    const { labels } = kernelsOf((g) => ({
      y: ops.sum(ops.exp(ops.mul(g.input('x', [40, 50]), g.input('w', [50]))), [1]),
    }));
    expect(labels).toEqual(['sum 40x50']);
  });

  it('never holds a matrix of attention weights, forward or backward', () => {
    const g = new Graph('attention');
    const [q, k, v] = [g.input('q', [1, 64, 16]), g.input('k', [1, 64, 8]), g.input('v', [1, 64, 8])];
    const y = ops.attention({ q, k, v, starts: g.input('starts', [1, 64], 'i32') }, 2, 1);
    gradients(ops.sum(ops.mul(y, y)), [q, k, v]).forEach((t, i) => g.output(`d${i}`, t!));
    const sizes = lower(g, target).kernels.flatMap((kernel) => kernel.writes.map((value) => value.size));
    expect(Math.max(...sizes)).toBe(64 * 16);
  });

  it('chooses the largest tiles of which there are enough, else splits the depth, and matrix units for f16', () => {
    const forms = (m: number, k: number, n: number, change: Partial<Target> = {}): string[] => {
      const g = new Graph('product');
      g.output('y', ops.matmul(g.input('a', [m, k]), g.input('b', [k, n])));
      return lower(g, { ...target, ...change }).kernels.map((kernel) => kernel.label);
    };
    expect(forms(2048, 896, 4864)).toEqual(['matmul 2048x896x4864 in tiles of 128x128']);
    expect(forms(1024, 896, 896)).toEqual(['matmul 1024x896x896 in tiles of 64x64']);
    expect(forms(64, 896, 896)).toEqual(['matmul 64x896x896 in tiles of 32x32 in 2 parts', 'sum of 2 parts']);
    expect(forms(2, 896, 4864)).toEqual(['matmul 2x896x4864 in tiles of 16x64']);
    expect(forms(64, 896, 896, { isCpu: true })).toEqual(['matmul 64x896x896 directly']);
    const matrixUnit = { m: 16, n: 16, k: 16, subgroupSize: 32 };
    expect(forms(2048, 896, 4864, { precision: 'f16', matrixUnit })).toEqual([
      'to f16 2048x896',
      'to f16 4864x896',
      'matmul f16 2048x896x4864 Bᵀ on matrix units, 128x128',
    ]);
    expect(forms(2048, 896, 4864, { precision: 'f16' }).at(-1)).toBe('matmul f16 2048x896x4864 Bᵀ in tiles of 128x128');
    expect(forms(2, 24, 9, { precision: 'f16' })).toHaveLength(1);
  });

  it('makes one f16 form of a factor for all products that read it along the same extent', () => {
    const g = new Graph('shared'),
      x = g.input('x', [64, 64]);
    g.output('a', ops.matmul(x, g.input('v', [64, 96]), {}));
    g.output('b', ops.matmul(x, g.input('w', [64, 96]), {}));
    g.output('c', ops.matmul(x, g.input('u', [64, 96]), { transA: true }));
    const labels = lower(g, { ...target, precision: 'f16' }).kernels.map((kernel) => kernel.label);
    expect(labels.filter((label) => label === 'to f16 64x64')).toHaveLength(2);
  });

  it('binds no more buffers than the device allows, also for a sum of many', () => {
    const { bindings } = kernelsOf((g) => ({
      y: Array.from({ length: 30 }, (_, i) => g.input(`x${i}`, [12])).reduce((a, b) => ops.add(a, b)),
      z: ops.concat(
        Array.from({ length: 11 }, (_, i) => g.input(`z${i}`, [3])),
        0,
      ),
    }));
    expect(Math.max(...bindings)).toBeLessThanOrEqual(8);
  });

  it('gives kernels of equal shape equal text, whatever their values are called', () => {
    const g = new Graph('twins'),
      x = g.input('x', [4, 6]);
    g.output('a', ops.matmul(x, g.input('v', [6, 5])));
    g.output('b', ops.matmul(x, g.input('w', [6, 5])));
    const texts = lower(g, target).kernels.map((kernel) => {
      const source = new KernelSource({ memoryOf: numbered(), partLength: 2 ** 25 });
      kernel.write(source);
      return source.text();
    });
    expect(texts[0]).toBe(texts[1]);
  });
});

describe('the memory layout', () => {
  const layOut = (build: (g: Graph) => Record<string, Tensor>, donated: readonly string[]) => {
    const g = new Graph('memory');
    for (const [name, t] of Object.entries(build(g))) g.output(name, t);
    const lowered = lower(g, target);
    const result = layOutMemory({ ...lowered, donated: new Set(donated), sizeOf: (elements) => 4 * elements });
    return {
      ...result,
      labels: result.kernels.map((k) => k.label),
      of: (name: string) => result.allocationOf(lowered.inputs.get(name) ?? lowered.outputs.get(name)!),
      out: (name: string) => result.allocationOf(lowered.outputs.get(name)!),
    };
  };

  it('writes a donated sum in place, also as part of a product, and not if it is read elsewhere later', () => {
    const build = (g: Graph): Record<string, Tensor> => ({
      next: ops.add(g.input('total', [8, 9]), ops.matmul(g.input('a', [8, 40]), g.input('b', [40, 9]))),
    });
    const donated = layOut(build, ['total']);
    expect(donated.out('next')).toBe(donated.of('total'));
    const kept = layOut(build, []);
    expect(kept.out('next')).not.toBe(kept.of('total'));
    const transposed = layOut(
      (g) => {
        const x = g.input('x', [8, 8]);
        return { y: ops.add(x, ops.transpose(x, [1, 0])) };
      },
      ['x'],
    );
    expect(transposed.out('y')).not.toBe(transposed.of('x'));
  });

  it('leaves out the copy of a donated cache, and nothing but the new rows is written', () => {
    const build = (g: Graph): Record<string, Tensor> => ({
      cache: ops.cacheWrite(g.input('cache', [2, 1, 3, 5]), g.input('k', [2, 3]), g.input('index', [2], 'i32'), 3),
    });
    expect(layOut(build, ['cache']).labels).toEqual(['cache write 2x3']);
    expect(layOut(build, []).labels).toEqual(['copy 30', 'cache write 2x3']);
  });

  it('uses memory of dead values again', () => {
    const { allocations } = layOut((g) => {
      let x = g.input('x', [16, 16]);
      for (let i = 0; i < 12; i++) x = ops.matmul(x, x);
      return { y: x };
    }, []);
    expect(allocations.filter(({ kind }) => kind === 'fresh')).toHaveLength(2);
  });
});
