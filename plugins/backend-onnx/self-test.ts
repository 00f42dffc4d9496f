import { zip } from '../../core/arrays.js';
import type { Backend } from '../../core/contracts/backend.js';
import { Graph } from '../../core/compute/tensor/graph.js';
import {
  add,
  gatherRows,
  less,
  matmul,
  mul,
  reshape,
  scatterAddRows,
  softmax,
  sum,
  transpose,
  where,
} from '../../core/compute/tensor/ops.js';
import { missingTensor, wrongResult } from './errors.js';

const tolerance = 1e-4;

/** Results of the self-test program, worked out by hand. */
const expected: Readonly<Record<string, readonly number[]>> = {
  // acc + xᵀ·y with x = [[1, 2], [3, 4], [5, 6]], y = [[1, 0], [0, 1], [1, 1]] and acc = 10 everywhere
  accumulated: [16, 18, 18, 20],
  // the old accumulator summed: a fetch that overwrote its donated input would show here
  before: [40],
  batched: [5, 11, 17, 11, 25, 39, 17, 39, 61],
  masked: [0, 0, 3, 4, 5, 6],
  rows: [5, 6, 1, 2, 5, 6],
  scattered: [11, 12, 10, 10, 20, 22],
  even: [0.5, 0.5],
};

/**
 * Executes a small program with known results before anything real: Gemm with accumulation into a donated input, a
 * batched product, masks, rows by index and a scatter with repeated indices. ORZ_BACKEND_SELF_TEST if any differs.
 */
export async function selfTest(backend: Backend): Promise<void> {
  const program = await backend.compile(selfTestGraph(), { label: 'self-test', donate: ['acc'] });
  const inputs = {
    x: backend.create([3, 2], 'f32', Float32Array.of(1, 2, 3, 4, 5, 6)),
    y: backend.create([3, 2], 'f32', Float32Array.of(1, 0, 0, 1, 1, 1)),
    acc: backend.create([2, 2], 'f32', new Float32Array(4).fill(10)),
    ids: backend.create([3], 'i32', Int32Array.of(2, 0, 2)),
  };
  const results = await backend.submit(program, inputs);
  for (const [name, wanted] of Object.entries(expected)) {
    const buffer = results[name];
    if (!buffer) throw missingTensor(`output "${name}"`);
    const got = Array.from(await backend.read(buffer));
    for (const [value, result] of zip(wanted, got)) {
      if (!(Math.abs(result - value) < tolerance))
        throw wrongResult({ device: backend.info.device, output: name, got, expected: wanted });
    }
  }
  for (const buffer of [...Object.values(results), inputs.x, inputs.y, inputs.ids]) backend.release(buffer);
  await program.release();
}

function selfTestGraph(): Graph {
  const g = new Graph('self-test');
  const x = g.input('x', [3, 2]),
    y = g.input('y', [3, 2]),
    acc = g.input('acc', [2, 2]),
    ids = g.input('ids', [3], 'i32');
  g.output('accumulated', add(acc, matmul(x, y, { transA: true })));
  g.output('before', sum(acc));
  const batch = reshape(x, [1, 3, 2]);
  g.output('batched', matmul(batch, transpose(batch, [0, 2, 1])));
  g.output('masked', where(less(2.5, x), x, 0));
  g.output('rows', gatherRows(x, ids));
  g.output(
    'scattered',
    scatterAddRows(add(mul(x, 0), 10), ids, gatherRows(x, reshape(g.constant(Int32Array.of(2, 0, 2), [3]), [3]))),
  );
  g.output('even', softmax(reshape(sum(mul(acc, 0), [0]), [1, 2])));
  return g;
}
