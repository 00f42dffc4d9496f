import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gradients } from '../../../core/compute/tensor/autodiff.js';
import { Graph, type Tensor } from '../../../core/compute/tensor/graph.js';
import * as ops from '../../../core/compute/tensor/ops.js';
import { interpret } from '../../../core/compute/tensor/interpret.js';
import { sizeOf, type Shape, type TensorData } from '../../../core/compute/tensor/types.js';
import { createRandom } from '../../../core/random.js';
import type { WebGpuBackend } from '../../../plugins/backend-webgpu/backend.js';
import { skipReason, startWebGpu } from './support.js';

const stream = createRandom(5).stream('webgpu operations');
let drawn = 0;
const draw = (shape: Shape, low = -1, high = 1): TensorData => {
  const key = drawn++;
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) => low + (high - low) * stream.uniform(key, i));
};
const ids = (count: number, limit: number): TensorData => {
  const key = drawn++;
  return Int32Array.from({ length: count }, (_, i) => stream.integer(limit, key, i));
};

interface Case {
  readonly name: string;
  readonly inputs: readonly (readonly [Shape, TensorData])[];
  readonly build: (...t: Tensor[]) => Tensor;
}

/**
 * The result and the gradients of all f32 inputs, contracted with an input of its shape so that every element counts
 * differently.
 */
function graphOf({ name, inputs, build }: Case): { graph: Graph; feeds: Record<string, TensorData> } {
  const graph = new Graph(name),
    feeds: Record<string, TensorData> = {};
  const tensors = inputs.map(([shape, data], i) => {
    feeds[`x${i}`] = data;
    return graph.input(`x${i}`, shape, data instanceof Float32Array ? 'f32' : 'i32');
  });
  const y = build(...tensors);
  feeds['weights'] = draw(y.shape);
  const loss = ops.sum(ops.mul(y, graph.input('weights', y.shape)));
  graph.output('y', y);
  const floats = tensors.filter((t) => t.dtype === 'f32');
  gradients(loss, floats).forEach((gradient, i) => {
    if (gradient) graph.output(`gradient ${i}`, gradient);
  });
  return { graph, feeds };
}

/** Segment starts of `rows` rows with a border wherever `border` says. */
const starts = (rows: number, length: number, border: (row: number, i: number) => boolean): TensorData =>
  Int32Array.from({ length: rows * length }, (_, n) => {
    let start = n % length;
    while (start > 0 && !border(Math.floor(n / length), start)) start--;
    return start;
  });

const odd = [1, 3, 31, 33, 257];
const products = odd.flatMap((m, i) =>
  [false, true].flatMap((transA) =>
    [false, true].map((transB): Case => {
      const k = odd[(i + 2) % odd.length]!,
        n = odd[(i + 4) % odd.length]!;
      return {
        name: `${m} × ${k} × ${n} ${transA} ${transB}`,
        inputs: [
          [transA ? [k, m] : [m, k], draw(transA ? [k, m] : [m, k])],
          [transB ? [n, k] : [k, n], draw(transB ? [n, k] : [k, n])],
        ],
        build: (a, b) => ops.matmul(a, b, { transA, transB }),
      };
    }),
  ),
);
const multiplesOfFour: Case = {
  name: '36 × 64 × 20',
  inputs: [
    [[36, 64], draw([36, 64])],
    [[20, 64], draw([20, 64])],
  ],
  build: (a, b) => ops.matmul(a, b, { transB: true }),
};
/** Products large enough for the largest tiles, and so deep for their extents that the depth is split. */
const largeProducts = (
  [
    [1500, 33, 1410],
    [20, 1031, 36],
  ] as const
).map(([m, k, n]): Case => ({
  name: `${m} × ${k} × ${n}`,
  inputs: [
    [[m, k], draw([m, k])],
    [[k, n], draw([k, n])],
  ],
  build: (a, b) => ops.matmul(a, b),
}));

const attentionSizes: readonly (readonly [rows: number, length: number, heads: number, kvHeads: number, h: number])[] =
  [
    [3, 1, 2, 1, 4],
    [1, 31, 3, 3, 5],
    [2, 33, 4, 2, 8],
    [1, 257, 2, 1, 3],
  ];
const attention = attentionSizes.map(([rows, length, heads, kvHeads, h]): Case => {
  const wide: Shape = [rows, length, heads * h],
    narrow: Shape = [rows, length, kvHeads * h];
  const at = drawn++;
  return {
    name: `attention ${rows} × ${length}, ${heads} heads on ${kvHeads}`,
    inputs: [
      [wide, draw(wide, -2, 2)],
      [narrow, draw(narrow)],
      [narrow, draw(narrow)],
      [[rows, length], starts(rows, length, (row, i) => stream.integer(6, at, row, i) === 0)],
    ],
    build: (q, k, v, s) => ops.attention({ q, k, v, starts: s }, heads, kvHeads),
  };
});

const others: Case[] = [
  {
    name: 'logits of 1,025 tokens',
    inputs: [
      [[5, 1025], draw([5, 1025], -8, 8)],
      [[5], ids(5, 1025)],
    ],
    build: (x, t) => {
      const r = ops.tokenLogprob(x, t);
      return ops.add(r.logprob, ops.mul(r.entropy, 0.1));
    },
  },
  ...odd.map((width): Case => ({
    name: `rms-norm of ${width}`,
    inputs: [
      [[4, width], draw([4, width], -3, 3)],
      [[width], draw([width])],
    ],
    build: (x, w) => ops.rmsNorm(x, w, 1e-6),
  })),
  {
    name: 'gate',
    inputs: [
      [[33, 31], draw([33, 31], -9, 9)],
      [[33, 31], draw([33, 31])],
    ],
    build: (a, b) => ops.mul(ops.silu(a), b),
  },
  {
    name: 'rotary',
    inputs: [
      [[31, 30], draw([31, 30])],
      [[31, 5], draw([31, 5])],
      [[31, 5], draw([31, 5])],
    ],
    build: (x, c, s) => ops.rotary(x, c, s, 3),
  },
  {
    name: 'embedding of repeated tokens',
    inputs: [
      [[33, 31], draw([33, 31])],
      [[257], ids(257, 33)],
    ],
    build: (table, t) => ops.gatherRows(table, t),
  },
  { name: 'softmax', inputs: [[[3, 257], draw([3, 257], -8, 8)]], build: (x) => ops.softmax(x) },
];

describe.skipIf(skipReason !== undefined).each([
  ['a processor', true],
  ['a GPU', false],
])('results and gradients with the kernels for %s', (_, isCpu) => {
  let backend: WebGpuBackend;
  beforeAll(async () => {
    backend = await startWebGpu({ isCpu });
  });
  afterAll(() => backend.dispose());

  it.each([...products, multiplesOfFour, ...(isCpu ? [] : largeProducts), ...attention, ...others])(
    'agree with float64 within 1e-5: $name',
    async (one) => {
      const { graph, feeds } = graphOf(one);
      const program = await backend.compile(graph, { label: one.name });
      const inputs = Object.fromEntries(
        program.inputs.map(({ name, shape, dtype }) => [name, backend.create(shape, dtype, feeds[name])]),
      );
      const outputs = await backend.submit(program, inputs);
      for (const [name, expected] of Object.entries(interpret(graph, feeds))) {
        const actual = await backend.read(outputs[name]!);
        const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
        const error = expected.reduce((worst, e, i) => Math.max(worst, Math.abs(actual[i]! - e)), 0);
        expect(error / largest, name).toBeLessThan(1e-5);
      }
    },
  );
});
