import { tensorsOf } from '../../../core/model-files/model-tensors.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { exampleSequences, exampleTraining } from '../../../core/conformance/example-model.js';
import { Graph } from '../../../core/compute/tensor/graph.js';
import { add, exp, matmul, sum } from '../../../core/compute/tensor/ops.js';
import type { WebGpuBackend } from '../../../plugins/backend-webgpu/backend.js';
import { createPpoClip } from '../../../plugins/loss-ppo/plugin.js';
import { createEngine } from '../../core/compute/engine/support.js';
import { skipReason, startWebGpu } from './support.js';

describe.skipIf(skipReason !== undefined)('work of the webgpu backend', () => {
  let backend: WebGpuBackend;
  beforeEach(async () => {
    backend = await startWebGpu();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await backend.dispose();
  });

  it('is one submission for a program of many kernels, and nothing is read back', async () => {
    const g = new Graph('many'),
      x = g.input('x', [40, 40]);
    g.output('y', sum(exp(matmul(matmul(x, x), add(x, 1)))));
    const program = await backend.compile(g, { label: 'many' }),
      input = backend.create([40, 40], 'f32', new Float32Array(1600).fill(0.01));
    const submissions = vi.spyOn(backend.device.gpu.queue, 'submit'),
      reads = vi.spyOn(backend.device, 'read');
    for (let i = 0; i < 3; i++) await backend.submit(program, { x: input });
    expect(submissions.mock.calls.map(([buffers]) => [...buffers].length)).toEqual([1, 1, 1]);
    expect(reads).not.toHaveBeenCalled();
  });

  it('compiles a pipeline once, also for other programs and while the first is being made', async () => {
    const compiled = vi.spyOn(backend.device.gpu, 'createComputePipelineAsync');
    const compile = (label: string) => {
      const g = new Graph(label);
      g.output('y', exp(g.input('x', [7])));
      return backend.compile(g, { label });
    };
    await Promise.all([compile('first'), compile('second')]);
    await compile('third');
    expect(compiled).toHaveBeenCalledTimes(1);
  });

  it('of a micro-batch reads nothing back but the loss and its metrics; of a step, but the norms', async () => {
    const engine = await createEngine(backend, { programs: 'fused', microBatchTokens: 64 }),
      sequences = exampleTraining(
        exampleSequences([
          [3, 5],
          [2, 7],
        ]),
      );
    const read = vi.spyOn(backend, 'read');
    const bytesRead = () => read.mock.calls.splice(0).map(([{ bytes }]) => bytes);
    await engine.policy.accumulate(sequences, createPpoClip());
    const ofBatch = bytesRead();
    expect(ofBatch.length).toBeLessThan(12);
    expect(
      ofBatch.every((bytes) => bytes === 4),
      ofBatch.join(),
    ).toBe(true);
    await engine.policy.step({ learningRate: 1e-3, maxGradNorm: 1 });
    expect(bytesRead()).toEqual(tensorsOf(engine.policy).weightShapes.map(() => 4));
    await engine.dispose();
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
  });

  it('uploads a large tensor by ranges, so that the queue never holds a second copy of all of it', async () => {
    const data = Float32Array.from({ length: 11_000_000 }, (_, i) => i),
      writes = vi.spyOn(backend.device.gpu.queue, 'writeBuffer');
    const buffer = backend.create([11_000_000], 'f32', data),
      sizes = writes.mock.calls.map(([, , part]) => part.byteLength);
    expect(sizes.length).toBe(3);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(16 * 2 ** 20);
    const back = await backend.read(buffer);
    expect(back.every((value, i) => value === data[i])).toBe(true);
  });
});
