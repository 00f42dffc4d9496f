import { describe, expect, it } from 'vitest';
import { Graph } from '../../../core/tensor/graph.js';
import { interpret } from '../../../core/tensor/interpret.js';
import { decodeBlock } from '../../../core/nn/decoder.js';
import { blockParameters } from '../../../core/nn/parameters.js';
import { scatterAddRows } from '../../../core/tensor/ops.js';
import { run, smallDecoder, startCpu, trainingGraph, trainingInputs, upload } from './support.js';

describe('the onnx backend on the CPU', () => {
  it('computes the loss and all gradients of a decoder as the interpreter does', async () => {
    const { graph, donate } = trainingGraph(smallDecoder, 3, 11);
    const values = trainingInputs(graph, smallDecoder);
    const backend = await startCpu();
    const got = await run(backend, graph, upload(backend, graph, values), donate);
    const expected = interpret(graph, values);
    for (const [name, wanted] of Object.entries(expected)) {
      // f32 against float64 over a sum of 33 tokens.
      wanted.forEach((value, i) => expect(Math.abs(got[name]![i]! - value), `${name}[${i}]`).toBeLessThan(2e-5 * (1 + Math.abs(value))));
    }
    await backend.dispose();
  });

  it('gives the same bytes with 1 and 2 threads, and at every run', async () => {
    const { graph, donate } = trainingGraph(smallDecoder, 8, 64);
    const values = trainingInputs(graph, smallDecoder);
    const runs = [];
    for (const threads of [1, 2, 2]) {
      const backend = await startCpu(threads);
      runs.push(await run(backend, graph, upload(backend, graph, values), donate));
      await backend.dispose();
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });

  it('adds repeated rows in one order: 15 scatters with 2 threads are equal', async () => {
    const graph = new Graph('scatter');
    const [rows, width, n] = [3, 64, 4096];
    graph.output('y', scatterAddRows(graph.input('base', [rows, width]), graph.input('ids', [n], 'i32'), graph.input('updates', [n, width])));
    const values = trainingInputs(graph, { ...smallDecoder, vocabSize: rows });
    const backend = await startCpu(2);
    const first = await run(backend, graph, upload(backend, graph, values));
    for (let i = 0; i < 14; i++) expect(await run(backend, graph, upload(backend, graph, values))).toEqual(first);
    await backend.dispose();
  });
});

/** One decoding block for `slots` rows and a cache of `capacity` tokens, each row with contents of its own. */
async function decode(slots: number, capacity: number): Promise<Float32Array> {
  const c = smallDecoder, half = c.headDim / 2, length = 30;
  const graph = new Graph('decode');
  const weights = new Map(blockParameters(c).map(({ name, shape }) => [name, graph.input(name, shape)]));
  const state = {
    keyCache: graph.input('keys', [slots, c.kvHeads, c.headDim, capacity]), valueCache: graph.input('values', [slots, c.kvHeads, capacity, c.headDim]),
    lengths: graph.input('lengths', [slots], 'i32'), cos: graph.input('cos', [slots, half]), sin: graph.input('sin', [slots, half]),
  };
  graph.output('x', decodeBlock(c, graph.input('x', [slots, c.hiddenSize]), (name) => weights.get(name)!, state).x);
  const values = trainingInputs(graph, c);
  const perRow = (f: (slot: number, ...index: number[]) => number, ...extents: number[]): Float32Array =>
    Float32Array.from({ length: slots * extents.reduce((a, b) => a * b, 1) }, (_, i) => {
      const index = extents.reduceRight<number[]>((rest, n, k) => [Math.floor(i / extents.slice(k + 1).reduce((a, b) => a * b, 1)) % n, ...rest], []);
      return f(Math.floor(i / extents.reduce((a, b) => a * b, 1)), ...index);
    });
  // Beyond a row's length the cache holds leftovers, which must not count.
  Object.assign(values, {
    x: perRow((s, i) => Math.sin(s * 31 + i), c.hiddenSize), cos: perRow((s, i) => Math.cos(s + i), half), sin: perRow((s, i) => Math.sin(s + i), half),
    lengths: Int32Array.from({ length: slots }, (_, s) => length - (s % 5)),
    keys: perRow((s, _h, i, t) => Math.cos(s + 3 * i + t), c.kvHeads, c.headDim, capacity), values: perRow((s, _h, t, i) => Math.sin(2 * s + i + 5 * t), c.kvHeads, capacity, c.headDim),
  });
  const backend = await startCpu(2);
  const { x } = await run(backend, graph, upload(backend, graph, values));
  await backend.dispose();
  return x as Float32Array;
}

describe('a decoding step', () => {
  it('gives a row the same bytes in batches of 2, 7 and 64', async () => {
    const [two, seven, many] = [await decode(2, 48), await decode(7, 48), await decode(64, 48)];
    expect(seven.slice(0, two.length)).toEqual(two);
    expect(many.slice(0, seven.length)).toEqual(seven);
  });

  it('gives the same bytes with a larger cache', async () => {
    expect(await decode(7, 128)).toEqual(await decode(7, 48));
  });
});
