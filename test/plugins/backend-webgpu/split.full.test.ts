import { describe, expect, it } from 'vitest';
import { Graph } from '../../../core/tensor/graph.js';
import { interpret } from '../../../core/tensor/interpret.js';
import { add, exp, gatherRows, matmul, mul, scatterAddRows, sum } from '../../../core/tensor/ops.js';
import { skipReason, startWebGpu } from './support.js';

/** 256 elements to a buffer. */
const largestBuffer = 1024;
const values = (n: number, step: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(step * i));

describe.skipIf(skipReason !== undefined)('tensors longer than a buffer can be', () => {
  it('are written, read and cleared across their parts', async () => {
    const backend = await startWebGpu({ largestBuffer });
    const data = values(700, 1), buffer = backend.create([700], 'f32', data);
    expect(await backend.read(buffer)).toEqual(data);
    backend.write(buffer, Float32Array.of(1, 2, 3, 4), 254);
    data.set([1, 2, 3, 4], 254);
    expect(await backend.read(buffer)).toEqual(data);
    backend.release(buffer);
    expect(await backend.read(backend.create([700], 'f32'))).toEqual(new Float32Array(700));
    await backend.dispose();
  });

  it.each([[[]], [['table']]])('give the same results, donating %j', async (donate) => {
    const backend = await startWebGpu({ largestBuffer });
    const g = new Graph('split'), table = g.input('table', [37, 20]), ids = g.input('ids', [9], 'i32'), updates = g.input('updates', [9, 20]);
    g.output('rows', gatherRows(table, ids));
    g.output('product', matmul(updates, table, { transB: true }));
    g.output('total', sum(mul(table, table)));
    g.output('table', scatterAddRows(table, ids, updates));
    g.output('element-wise', add(exp(mul(table, 0.5)), 1));
    const feeds = { table: values(740, 1), ids: Int32Array.of(0, 36, 12, 13, 25, 36, 36, 1, 2), updates: values(180, 2) };
    const program = await backend.compile(g, { label: 'split', donate });
    const inputs = Object.fromEntries(program.inputs.map(({ name, shape, dtype }) => [name, backend.create(shape, dtype, feeds[name as keyof typeof feeds])]));
    const outputs = await backend.submit(program, inputs);
    for (const [name, expected] of Object.entries(interpret(g, feeds))) {
      const actual = await backend.read(outputs[name]!);
      expected.forEach((e, i) => expect(Math.abs(actual[i]! - e), `${name} ${i}`).toBeLessThan(1e-5 * (1 + Math.abs(e))));
    }
    await backend.dispose();
    expect(backend.device.held).toEqual({ buffers: 0, bytes: 0 });
  });
});
