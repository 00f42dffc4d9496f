/** What this machine can do at best, measured through the same backend: the yardstick of everything else. */
import { Graph } from '../../dist/core/compute/tensor/graph.js';
import { matmul, sum } from '../../dist/core/compute/tensor/ops.js';
import { createOnnxBackend } from '../../dist/plugins/backend-onnx/start.js';
import { figure, range, seconds, spread } from './measure.mjs';

/** @typedef {import('../../dist/core/contracts/backend.js').Backend} Backend */
/** @typedef {import('../../dist/core/compute/tensor/graph.js').Tensor} Tensor */

/**
 * A backend with its yardstick.
 * @typedef {object} Machine
 * @property {Backend} backend
 * @property {number} threads
 * @property {() => Promise<number>} matmulRate one measurement: operations per second of a large matrix product (about
 *   a tenth of a second)
 * @property {() => Promise<number>} bandwidth one measurement: bytes per second of reading a large array once
 * @property {() => Promise<void>} dispose
 */

/**
 * Rows, inner and columns of the product: large enough to reach the peak, with an output small enough that handing it
 * over costs little.
 */
const product = { m: 1024, k: 4096, n: 1024 };
const productOperations = 2 * product.m * product.k * product.n;
/** Summed row by row; larger than the caches of usual machines. */
const array = [4096, 8192];
const arrayBytes = 4 * 4096 * 8192;

/** @param {number} threads @returns {Promise<Machine>} */
export async function openMachine(threads) {
  const backend = await createOnnxBackend({ provider: 'cpu', threads });
  const multiply = await prepared(backend, 'matmul', (g) =>
    matmul(g.input('a', [product.m, product.k]), g.input('b', [product.k, product.n])),
  );
  const read = await prepared(backend, 'row sums', (g) => sum(g.input('a', array), [1]));
  return {
    backend,
    threads,
    matmulRate: async () => productOperations / (await seconds(multiply)),
    bandwidth: async () => arrayBytes / (await seconds(read)),
    dispose: () => backend.dispose(),
  };
}

/**
 * A program ready to run again and again on the same inputs, which hold zeros and stay with the backend.
 * @param {Backend} backend
 * @param {string} label
 * @param {(g: Graph) => Tensor} build
 */
export async function prepared(backend, label, build) {
  const g = new Graph(label);
  g.output('y', build(g));
  const program = await backend.compile(g, { label });
  const inputs = Object.fromEntries(
    program.inputs.map(({ name, shape, dtype }) => [name, backend.create(shape, dtype)]),
  );
  return async () => {
    for (const buffer of Object.values(await backend.submit(program, inputs))) backend.release(buffer);
  };
}

/**
 * @param {readonly Machine[]} machines
 * @param {{ readonly repeats: number }} options
 * @returns {Promise<import('./table.mjs').Report>}
 */
export async function measureMachine(machines, { repeats }) {
  const rows = [];
  for (const { threads, matmulRate, bandwidth } of machines) {
    rows.push([
      `${threads}`,
      range(await sampled(matmulRate, repeats), (x) => figure(x / 1e9)),
      range(await sampled(bandwidth, repeats), (x) => figure(x / 1e9)),
    ]);
  }
  return {
    name: 'machine',
    title: 'The machine',
    columns: ['threads', 'matrix product, GFLOP/s', 'memory, GB/s'],
    rows,
    notes: [
      `Matrix product: ${product.m} × ${product.k} with ${product.k} × ${product.n}, f32, through the ONNX ` +
        `backend; memory: the sums of the rows of an array of ${arrayBytes / 2 ** 20} MiB.`,
      'All figures are the median, with the smallest and the largest in brackets. Shares below are of the matrix ' +
        'product with the same number of threads, measured right before and after each repeat.',
    ],
  };
}

/** @param {() => Promise<number>} measure @param {number} repeats */
export async function sampled(measure, repeats) {
  await measure();
  const values = [];
  for (let i = 0; i < repeats; i++) values.push(await measure());
  return spread(values);
}
