/** What this machine can do at best, measured through the same backend: the yardstick of everything else. */
import { Graph } from '../../dist/core/tensor/graph.js';
import { add, matmul } from '../../dist/core/tensor/ops.js';
import { createOnnxBackend } from '../../dist/plugins/backend-onnx/start.js';
import { figure, range, seconds, spread } from './measure.mjs';

/** @typedef {import('../../dist/core/contracts/backend.js').Backend} Backend */
/** @typedef {import('../../dist/core/tensor/graph.js').Tensor} Tensor */

/**
 * A backend with its yardstick.
 * @typedef {object} Machine
 * @property {Backend} backend
 * @property {number} threads
 * @property {() => Promise<number>} matmulRate one measurement: operations per second of a large matrix product (about a tenth of a second)
 * @property {() => Promise<number>} bandwidth one measurement: bytes per second of reading two large arrays and writing a third
 * @property {() => Promise<void>} dispose
 */

/** Rows, inner and columns of the product: large enough to reach the peak, with an output small enough that handing it over costs little. */
const product = { m: 1024, k: 4096, n: 1024 };
const productOperations = 2 * product.m * product.k * product.n;
/** Beyond any cache of the machines this runs on would be better; beyond the usual ones is what memory allows. */
const arrayBytes = 64 * 2 ** 20;

/** @param {number} threads @returns {Promise<Machine>} */
export async function openMachine(threads) {
  const backend = await createOnnxBackend({ provider: 'cpu', threads });
  const rate = await prepared(backend, 'matmul', [[product.m, product.k], [product.k, product.n]], (a, b) => matmul(a, b));
  const elements = arrayBytes / 4;
  const sum = await prepared(backend, 'add', [[elements], [elements]], (a, b) => add(a, b));
  return {
    backend, threads,
    matmulRate: async () => productOperations / (await seconds(rate)),
    bandwidth: async () => 3 * arrayBytes / (await seconds(sum)),
    dispose: () => backend.dispose(),
  };
}

/**
 * A program of two inputs, ready to run again and again on the same buffers.
 * @param {Backend} backend
 * @param {string} label
 * @param {readonly [readonly number[], readonly number[]]} shapes
 * @param {(a: Tensor, b: Tensor) => Tensor} build
 */
async function prepared(backend, label, [shapeA, shapeB], build) {
  const g = new Graph(label);
  g.output('y', build(g.input('a', shapeA), g.input('b', shapeB)));
  const program = await backend.compile(g, { label });
  const a = backend.create(shapeA, 'f32'), b = backend.create(shapeB, 'f32');
  return async () => {
    for (const buffer of Object.values(await backend.submit(program, { a, b }))) backend.release(buffer);
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
    rows.push([`${threads}`, range(await sampled(matmulRate, repeats), (x) => figure(x / 1e9)), range(await sampled(bandwidth, repeats), (x) => figure(x / 1e9))]);
  }
  return {
    name: 'machine', title: 'The machine', columns: ['threads', 'matrix product, GFLOP/s', 'memory, GB/s'], rows,
    notes: [
      `Matrix product: ${product.m} × ${product.k} with ${product.k} × ${product.n}, f32, through the ONNX backend; memory: adding two arrays of ${arrayBytes / 2 ** 20} MiB into a third.`,
      'All figures are the median, with the smallest and the largest in brackets. Shares below are of the matrix product with the same number of threads, measured right before and after each repeat.',
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
