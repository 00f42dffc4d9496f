import { describe, expect, it } from 'vitest';
import type { Backend } from '../../../../core/contracts/backend.js';
import { execute, ProgramCache, takeOutput } from '../../../../core/compute/engine/programs.js';
import { Graph } from '../../../../core/compute/tensor/graph.js';
import { add } from '../../../../core/compute/tensor/ops.js';
import { ReferenceBackend } from '../../../../plugins/backend-reference/backend.js';

/** x + y of two numbers each. */
function sumGraph(): Graph {
  const g = new Graph('sum');
  g.output('sum', add(g.input('x', [2]), g.input('y', [2])));
  return g;
}

function watched(): { backend: Backend; compiled: string[]; released: string[] } {
  const backend = new ReferenceBackend(),
    compiled: string[] = [],
    released: string[] = [];
  const compile = backend.compile.bind(backend);
  backend.compile = async (graph, options) => {
    compiled.push(options.label);
    const program = await compile(graph, options),
      release = program.release.bind(program);
    program.release = () => {
      released.push(options.label);
      return release();
    };
    return program;
  };
  return { backend, compiled, released };
}

describe('the program cache', () => {
  it('compiles a key once and drops the program that was not used for longest', async () => {
    const { backend, compiled, released } = watched();
    const cache = new ProgramCache(backend, 2);
    const [a] = [await cache.get('a', sumGraph), await cache.get('b', sumGraph)];
    expect(await cache.get('a', sumGraph)).toBe(a);
    await cache.get('c', sumGraph);
    expect([compiled, released]).toEqual([['a', 'b', 'c'], ['b']]);
    await cache.get('b', sumGraph);
    expect([compiled, released]).toEqual([
      ['a', 'b', 'c', 'b'],
      ['b', 'a'],
    ]);
    await cache.dispose();
    expect(released).toEqual(['b', 'a', 'c', 'b']);
  });

  it('tries again after a compilation that failed, and can still be disposed', async () => {
    const { backend } = watched();
    const compile = backend.compile.bind(backend);
    let failures = 1;
    backend.compile = (graph, options) =>
      failures-- > 0 ? Promise.reject(new Error('no memory')) : compile(graph, options);
    const cache = new ProgramCache(backend);
    await expect(cache.get('a', sumGraph)).rejects.toThrow('no memory');
    await expect(cache.get('a', sumGraph)).resolves.toMatchObject({ label: 'a' });
    failures = 1;
    await expect(cache.get('b', sumGraph)).rejects.toThrow('no memory');
    await cache.dispose();
  });

  it('consumes the inputs whose name begins as asked', async () => {
    const backend = new ReferenceBackend(),
      cache = new ProgramCache(backend);
    const program = await cache.get('a', sumGraph, ['x']);
    const [x, y] = [1, 2].map((v) => backend.create([2], 'f32', Float32Array.of(v, v))) as [
      ReturnType<Backend['create']>,
      ReturnType<Backend['create']>,
    ];
    const outputs = await execute(backend, program, (name) => (name === 'x' ? x : y));
    expect([x.alive, y.alive]).toEqual([false, true]);
    expect([...(await takeOutput(backend, outputs, 'sum'))]).toEqual([3, 3]);
    backend.release(y);
    expect(backend.memory().buffers).toBe(0);
  });
});

describe('executing a program', () => {
  const feed = (data: number[]) => ({ data: Float32Array.from(data), shape: [2] });

  it('frees the buffers made for the call, also when it fails', async () => {
    const backend = new ReferenceBackend();
    const program = await backend.compile(sumGraph(), { label: 'sum' });
    const outputs = await execute(backend, program, (name) => feed(name === 'x' ? [1, 2] : [3, 4]));
    expect([...(await takeOutput(backend, outputs, 'sum'))]).toEqual([4, 6]);
    expect(backend.memory().buffers).toBe(0);
    await expect(
      execute(backend, program, (name) => {
        if (name === 'y') throw new Error('no such feed');
        return feed([1, 2]);
      }),
    ).rejects.toThrow('no such feed');
    expect(backend.memory().buffers).toBe(0);
    const failing: Backend = Object.assign(new ReferenceBackend(), {
      submit: (): Promise<never> => Promise.reject(new Error('device lost')),
    });
    await expect(execute(failing, program, () => feed([1, 2]))).rejects.toThrow('device lost');
    expect(failing.memory().buffers).toBe(0);
  });

  it('says so when an output is missing', async () => {
    await expect(takeOutput(new ReferenceBackend(), {}, 'sum')).rejects.toMatchObject({ code: 'ORZ_INTERNAL' });
  });
});
