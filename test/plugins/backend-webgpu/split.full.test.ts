import { tensorsOf } from '../../../core/model-files/model-tensors.js';
import { describe, expect, it } from 'vitest';
import { Graph } from '../../../core/compute/tensor/graph.js';
import { interpret } from '../../../core/compute/tensor/interpret.js';
import { add, concat, exp, gatherRows, matmul, mul, scatterAddRows, sum } from '../../../core/compute/tensor/ops.js';
import { exampleSequences, exampleTraining } from '../../../core/conformance/example-model.js';
import { requireSameScores } from '../../../core/conformance/engine/scores.js';
import { loadModelFolder } from '../../../core/model-files/model-folder.js';
import type { NamedTensor } from '../../../core/contracts/model.js';
import type { WebGpuBackend } from '../../../plugins/backend-webgpu/backend.js';
import { createPpoClip } from '../../../plugins/loss-ppo/plugin.js';
import { createAdamW } from '../../../plugins/optimizer-adamw/plugin.js';
import { createEngine } from '../../core/compute/engine/support.js';
import { maxDifference } from '../../fixtures/algorithm-oracle.js';
import { fixtureFolder } from '../../fixtures/checkpoints/fixtures.js';
import { skipReason, startWebGpu } from './support.js';

/** 256 elements to a buffer. */
const largestBuffer = 1024;
const values = (n: number, step: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => Math.sin(step * i));

describe.skipIf(skipReason !== undefined)('tensors longer than a buffer can be', () => {
  it('are written, read and cleared across their parts', async () => {
    const backend = await startWebGpu({ largestBuffer });
    const data = values(700, 1),
      buffer = backend.create([700], 'f32', data);
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
    const g = new Graph('split'),
      table = g.input('table', [37, 20]),
      ids = g.input('ids', [9], 'i32'),
      updates = g.input('updates', [9, 20]);
    g.output('rows', gatherRows(table, ids));
    g.output('product', matmul(updates, table, { transB: true }));
    g.output('total', sum(mul(table, table)));
    g.output('table', scatterAddRows(table, ids, updates));
    g.output('element-wise', add(exp(mul(table, 0.5)), 1));
    g.output('joined', concat([mul(table, 2), updates, table], 0));
    const feeds = {
      table: values(740, 1),
      ids: Int32Array.of(0, 36, 12, 13, 25, 36, 36, 1, 2),
      updates: values(180, 2),
    };
    const program = await backend.compile(g, { label: 'split', donate });
    const inputs = Object.fromEntries(
      program.inputs.map(({ name, shape, dtype }) => [
        name,
        backend.create(shape, dtype, feeds[name as keyof typeof feeds]),
      ]),
    );
    const outputs = await backend.submit(program, inputs);
    for (const [name, expected] of Object.entries(interpret(g, feeds))) {
      const actual = await backend.read(outputs[name]!);
      expected.forEach((e, i) =>
        expect(Math.abs(actual[i]! - e), `${name} ${i}`).toBeLessThan(1e-5 * (1 + Math.abs(e))),
      );
    }
    await backend.dispose();
    expect(backend.device.allocated).toEqual({ buffers: 0, bytes: 0 });
  });

  it.each([
    [2, 12],
    [4, 10],
    [3, 8],
  ])(
    'give the scores and weights of one buffer with the table of a checkpoint in %i parts, %i bindings to a kernel',
    async (parts, maxBindings) => {
      const base = await loadModelFolder(fixtureFolder('qwen2-tied')),
        sequences = exampleTraining(
          exampleSequences(
            [
              [2, 9],
              [1, 8],
            ],
            base.config.vocabSize,
          ),
        );
      const table = 4 * base.config.vocabSize * base.config.hiddenSize,
        backend = await startWebGpu({ largestBuffer: 256 * Math.ceil(table / parts / 256), maxBindings }),
        whole = await startWebGpu();
      const learned = async (on: WebGpuBackend) => {
        const engine = await createEngine(
          on,
          { programs: 'fused', microBatchTokens: 16 },
          { base, optimizer: createAdamW({ epsilon: 1e-4 }) },
        );
        const scores = await engine.policy.forward(sequences);
        await engine.policy.accumulate(sequences, createPpoClip());
        await engine.policy.step({ learningRate: 1e-3, maxGradNorm: 1 });
        const weights: NamedTensor[] = [];
        for await (const tensor of tensorsOf(engine.policy).exportWeights()) weights.push(tensor);
        await engine.dispose();
        return { scores, weights };
      };
      const [inParts, inOne] = [await learned(backend), await learned(whole)];
      requireSameScores('scores', inParts.scores, inOne.scores, 1e-5);
      for (const [i, { name, data }] of inOne.weights.entries())
        expect(maxDifference(inParts.weights[i]!.data, data), name).toBeLessThan(1e-5);
      for (const each of [backend, whole]) await each.dispose();
      expect(backend.device.allocated).toEqual({ buffers: 0, bytes: 0 });
    },
  );
});
