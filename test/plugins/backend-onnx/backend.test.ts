import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Graph } from '../../../core/compute/tensor/graph.js';
import {
  adamW,
  add,
  cacheWrite,
  exp,
  gatherRows,
  matmul,
  scatterAddRows,
  sumSquares,
} from '../../../core/compute/tensor/ops.js';
import type { OnnxBackend } from '../../../plugins/backend-onnx/backend.js';
import type { OnnxBuffer } from '../../../plugins/backend-onnx/buffer.js';
import { execute, f32, startCpu } from './support.js';

let backend: OnnxBackend;
beforeAll(async () => {
  backend = await startCpu(2);
});
afterAll(() => backend.dispose());

describe('the onnx backend', () => {
  it('writes a donated cache, parameter and table in place', async () => {
    const g = new Graph('in place');
    const scalars = ['learningRate', 'step', 'gradientScale'].map((name) => g.input(name, []));
    const [learningRate, step, gradientScale] = scalars as [
      (typeof scalars)[0],
      (typeof scalars)[0],
      (typeof scalars)[0],
    ];
    g.output(
      'cache',
      cacheWrite(g.input('cache', [2, 1, 4, 8]), g.input('k', [2, 4]), g.input('index', [2], 'i32'), 3),
    );
    g.output('table', scatterAddRows(g.input('table', [4, 2]), g.input('index2', [2], 'i32'), g.input('rows', [2, 2])));
    const t = {
      parameter: g.input('p', [4]),
      gradient: g.input('g', [4]),
      m: g.input('m', [4]),
      v: g.input('v', [4]),
      learningRate: learningRate,
      step: step,
      gradientScale: gradientScale,
    };
    const next = adamW(t, { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0 });
    for (const [name, tensor] of Object.entries({ p: next.parameter, m: next.m, v: next.v })) g.output(name, tensor);
    const donated = ['cache', 'table', 'p', 'm', 'v'];
    const program = await backend.compile(g, { label: 'in place', donate: donated });
    const inputs = Object.fromEntries(
      program.inputs.map(({ name, shape, dtype }) => [
        name,
        backend.create(shape, dtype, dtype === 'i32' ? Int32Array.of(0, 1) : undefined),
      ]),
    );
    backend.write(inputs['step']!, Float32Array.of(1));
    const before = donated.map((name) => (inputs[name] as OnnxBuffer).memory);
    const outputs = await backend.submit(program, inputs);
    donated.forEach((name, i) => expect((outputs[name] as OnnxBuffer).memory, name).toBe(before[i]));
  });

  it('does not overwrite what a pending read, a second input or a later part of the program still needs', async () => {
    const g = new Graph('kept');
    const table = g.input('table', [2, 1]);
    const grown = scatterAddRows(table, g.input('ids', [2], 'i32'), table);
    g.output('grown', grown);
    g.output('later', add(table, sumSquares(grown)));
    const buffer = f32(backend, [2, 1], 1, 2);
    const pending = backend.read(buffer);
    const got = await execute(backend, g, { table: buffer, ids: backend.create([2], 'i32', Int32Array.of(1, 0)) }, [
      'table',
    ]);
    expect(await pending).toEqual(Float32Array.of(1, 2));
    expect(got).toEqual({ grown: Float32Array.of(3, 3), later: Float32Array.of(19, 20) });
  });

  it('stays usable after a failed program, whose donated inputs are gone and whose memory is free', async () => {
    const g = new Graph('bad ids');
    g.output('y', scatterAddRows(g.input('table', [2, 1]), g.input('ids', [1], 'i32'), g.input('rows', [1, 1])));
    const program = await backend.compile(g, { label: 'bad ids', donate: ['table'] });
    const inputs = {
      table: f32(backend, [2, 1], 1, 2),
      ids: backend.create([1], 'i32', Int32Array.of(2)),
      rows: f32(backend, [1, 1], 5),
    };
    const before = backend.memory();
    await expect(backend.submit(program, inputs)).rejects.toMatchObject({
      code: 'ORZ_PROGRAM_INPUT',
      details: { value: 2, allowed: '0 … 1' },
    });
    expect(inputs.table.alive).toBe(false);
    expect(backend.memory()).toEqual({ buffers: before.buffers - 1, bytes: before.bytes - 8 });
    backend.write(inputs.ids, Int32Array.of(1));
    const outputs = await backend.submit(program, { ...inputs, table: f32(backend, [2, 1], 1, 2) });
    expect(await backend.read(outputs['y']!)).toEqual(Float32Array.of(1, 7));
  });

  it('reports an id out of range inside a session with the name of the program', async () => {
    const g = new Graph('lookup');
    g.output('y', exp(gatherRows(g.input('table', [2, 1]), g.input('ids', [1], 'i32'))));
    const inputs = { table: f32(backend, [2, 1], 1, 2), ids: backend.create([1], 'i32', Int32Array.of(9)) };
    await expect(execute(backend, g, inputs)).rejects.toMatchObject({
      code: 'ORZ_INTERNAL',
      message: expect.stringContaining('Program "lookup"') as string,
    });
  });

  it('accumulates in one product without changing other readers of the donated sum', async () => {
    const g = new Graph('accumulate');
    const sums = g.input('sums', [2, 2]),
      x = g.input('x', [1, 2]);
    g.output('sums', add(sums, matmul(x, x, { transA: true })));
    g.output('squared', matmul(sums, sums));
    const got = await execute(backend, g, { sums: f32(backend, [2, 2], 1, 2, 3, 4), x: f32(backend, [1, 2], 10, 20) }, [
      'sums',
    ]);
    expect(got).toEqual({ sums: Float32Array.of(101, 202, 203, 404), squared: Float32Array.of(7, 10, 15, 22) });
  });
});
