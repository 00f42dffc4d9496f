import { describe, expect, it } from 'vitest';
import type { DecoderConfig } from '../../../core/compute/nn/config.js';
import { Graph } from '../../../core/compute/tensor/graph.js';
import { interpret } from '../../../core/compute/tensor/interpret.js';
import { decodeBlock } from '../../../core/compute/nn/decoder.js';
import { blockParameters } from '../../../core/compute/nn/parameters.js';
import { scatterAddRows } from '../../../core/compute/tensor/ops.js';
import type { TensorData } from '../../../core/compute/tensor/types.js';
import { execute, smallDecoder, startCpu, trainingGraph, trainingInputs, upload } from './support.js';

/** Inner extents above and outer ones below those at which the CPU kernels change how they sum. */
const wideDecoder: DecoderConfig = { ...smallDecoder, layers: 1, hiddenSize: 144, headDim: 48, intermediateSize: 200 };

function expectSameBytes(a: Record<string, TensorData>, b: Record<string, TensorData>): void {
  for (const [name, values] of Object.entries(a))
    expect(Buffer.from(values.buffer).equals(Buffer.from(b[name]!.buffer)), name).toBe(true);
}

describe('the onnx backend on the CPU', () => {
  it('computes the loss and all gradients of a decoder as the interpreter does', async () => {
    const { graph, donate } = trainingGraph(smallDecoder, 3, 11);
    const values = trainingInputs(graph, smallDecoder);
    const backend = await startCpu();
    const got = await execute(backend, graph, upload(backend, graph, values), donate);
    const expected = interpret(graph, values);
    for (const [name, wanted] of Object.entries(expected)) {
      // f32 against float64 over a sum of 33 tokens.
      wanted.forEach((value, i) =>
        expect(Math.abs(got[name]![i]! - value), `${name}[${i}]`).toBeLessThan(2e-5 * (1 + Math.abs(value))),
      );
    }
    await backend.dispose();
  });

  it('gives the same bytes with 1, 2 and 4 threads, and at every execution, for many tokens and for few', async () => {
    for (const [rows, length] of [
      [8, 64],
      [2, 9],
      [1, 600],
    ] as const) {
      const { graph, donate } = trainingGraph(wideDecoder, rows, length);
      const values = trainingInputs(graph, wideDecoder);
      const results = [];
      for (const threads of [1, 2, 2, 4]) {
        const backend = await startCpu(threads);
        results.push(await execute(backend, graph, upload(backend, graph, values), donate));
        await backend.dispose();
      }
      for (const other of results.slice(1)) expectSameBytes(other, results[0]!);
    }
  });

  it('adds repeated rows in one order: 15 scatters with 2 threads are equal', async () => {
    const graph = new Graph('scatter');
    const [rows, width, n] = [3, 64, 4096];
    graph.output(
      'y',
      scatterAddRows(
        graph.input('base', [rows, width]),
        graph.input('ids', [n], 'i32'),
        graph.input('updates', [n, width]),
      ),
    );
    const values = trainingInputs(graph, { ...smallDecoder, vocabSize: rows });
    const backend = await startCpu(2);
    const first = await execute(backend, graph, upload(backend, graph, values));
    for (let i = 0; i < 14; i++) expect(await execute(backend, graph, upload(backend, graph, values))).toEqual(first);
    await backend.dispose();
  });
});

/**
 * One decoding block for a batch of `lanes` rows and a cache of `capacity` tokens, each row with contents of its own.
 */
async function decode(lanes: number, capacity: number, threads = 2): Promise<Float32Array> {
  const c = wideDecoder,
    half = c.headDim / 2,
    length = 30;
  const graph = new Graph('decode');
  const weights = new Map(blockParameters(c).map(({ name, shape }) => [name, graph.input(name, shape)]));
  const state = {
    keyCache: graph.input('keys', [lanes, c.kvHeads, c.headDim, capacity]),
    valueCache: graph.input('values', [lanes, c.kvHeads, capacity, c.headDim]),
    lengths: graph.input('lengths', [lanes], 'i32'),
    cos: graph.input('cos', [lanes, half]),
    sin: graph.input('sin', [lanes, half]),
  };
  graph.output('x', decodeBlock(c, graph.input('x', [lanes, c.hiddenSize]), (name) => weights.get(name)!, state).x);
  const values = trainingInputs(graph, c);
  const perRow = (f: (lane: number, ...index: number[]) => number, ...extents: number[]): Float32Array =>
    Float32Array.from({ length: lanes * extents.reduce((a, b) => a * b, 1) }, (_, i) => {
      const index = extents.reduceRight<number[]>(
        (rest, n, k) => [Math.floor(i / extents.slice(k + 1).reduce((a, b) => a * b, 1)) % n, ...rest],
        [],
      );
      return f(Math.floor(i / extents.reduce((a, b) => a * b, 1)), ...index);
    });
  // Beyond a row's length the cache holds leftovers, which must not count.
  Object.assign(values, {
    x: perRow((s, i) => Math.sin(s * 31 + i), c.hiddenSize),
    cos: perRow((s, i) => Math.cos(s + i), half),
    sin: perRow((s, i) => Math.sin(s + i), half),
    lengths: Int32Array.from({ length: lanes }, (_, s) => length - (s % 5)),
    keys: perRow((s, _h, i, t) => Math.cos(s + 3 * i + t), c.kvHeads, c.headDim, capacity),
    values: perRow((s, _h, t, i) => Math.sin(2 * s + i + 5 * t), c.kvHeads, capacity, c.headDim),
  });
  const backend = await startCpu(threads);
  const { x } = await execute(backend, graph, upload(backend, graph, values));
  await backend.dispose();
  return x as Float32Array;
}

describe('a decoding step', () => {
  it('gives a row the same bytes in batches of 2, 7, 64 and 200, and with 1, 2 and 4 threads', async () => {
    const all = await decode(200, 150);
    for (const [lanes, threads] of [
      [2, 1],
      [2, 2],
      [2, 4],
      [7, 2],
      [64, 1],
      [64, 4],
      [200, 1],
    ] as const) {
      const some = await decode(lanes, 150, threads);
      expect(
        Buffer.from(some.buffer).equals(Buffer.from(all.buffer, 0, some.length * 4)),
        `${lanes} rows, ${threads} threads`,
      ).toBe(true);
    }
  });

  it('gives the same bytes with a larger cache', async () => {
    const small = await decode(7, 48);
    for (const capacity of [128, 136, 300]) expectSameBytes({ x: await decode(7, capacity) }, { x: small });
  });
});
