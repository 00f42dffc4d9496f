/** Times of small programs on the WebGPU backend. */
import { Graph } from '../../dist/core/compute/tensor/graph.js';
import { seconds } from './measure.mjs';

/** @typedef {import('../../dist/plugins/backend-webgpu/backend.js').WebGpuBackend} WebGpuBackend */

/**
 * Seconds that one submission of a program takes, of enough in a row that waiting for the last one does not count.
 * @param {WebGpuBackend} backend
 * @param {(g: Graph) => import('../../dist/core/compute/tensor/graph.js').Tensor |
 *   readonly import('../../dist/core/compute/tensor/graph.js').Tensor[]} build its inputs are zeros
 * @param {number} repeats
 */
export async function submissions(backend, build, repeats) {
  const g = new Graph('bench');
  [build(g)].flat().forEach((result, i) => g.output(`y${i}`, result));
  const program = await backend.compile(g, { label: 'bench' });
  const inputs = Object.fromEntries(
    program.inputs.map(({ name, shape, dtype }) => [name, backend.create(shape, dtype)]),
  );
  const mark = backend.create([1], 'f32');
  const several = async (/** @type {number} */ count) => {
    for (let i = 0; i < count; i++)
      for (const buffer of Object.values(await backend.submit(program, inputs))) backend.release(buffer);
    await backend.read(mark);
  };
  await several(1);
  const once = await seconds(() => several(1));
  const count = Math.max(1, Math.min(100, Math.ceil(0.2 / once)));
  const times = [];
  for (let i = 0; i < repeats; i++) times.push((await seconds(() => several(count))) / count);
  const { compiled } = /** @type {import('../../dist/plugins/backend-webgpu/program.js').WebGpuProgram} */ (program);
  const kernels = compiled.steps.filter(({ makes }) => makes.length === 0).map(({ label }) => label);
  for (const buffer of [mark, ...Object.values(inputs)]) backend.release(buffer);
  await program.release();
  return { times, kernels };
}
