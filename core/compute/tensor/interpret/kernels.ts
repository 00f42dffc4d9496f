import type { Attributes, Node } from '../graph.js';
import { elementwiseKernels } from './elementwise.js';
import { OrzError } from '../../../errors.js';
import { sizeOf, stridesOf } from '../types.js';
import { broadcastSteps, pickAt, positions, type Kernel, type Values } from './walk.js';

const list = (a: Attributes, name: string): readonly number[] => a[name] as readonly number[];
const number = (a: Attributes, name: string): number => a[name] as number;

function matmul(node: Node, [a, b]: readonly Values[]): Values {
  const [m, n] = node.outputs[0]!.shape.slice(-2) as [number, number];
  const batches = sizeOf(node.outputs[0]!.shape.slice(0, -2)),
    k = a!.length / (batches * m);
  const left = node.attributes['transA'] === true ? transposed(a!, batches, m, k) : a!;
  const right = node.attributes['transB'] === true ? transposed(b!, batches, k, n) : b!;
  const out = new Float64Array(batches * m * n);
  for (let batch = 0; batch < batches; batch++) {
    for (let i = 0; i < m; i++) {
      const row = (batch * m + i) * n;
      for (let p = 0; p < k; p++) {
        const factor = left[(batch * m + i) * k + p]!,
          from = (batch * k + p) * n;
        for (let j = 0; j < n; j++) out[row + j]! += factor * right[from + j]!;
      }
    }
  }
  return out;
}

/** Matrices [rows, columns] that are stored as [columns, rows]. */
const transposed = (x: Values, batches: number, rows: number, columns: number): Values =>
  pickAt(x, positions([batches, rows, columns], [rows * columns, 1, rows]));

/** Reduces in the order of the elements. */
const reduction =
  (initial: number, combine: (total: number, x: number) => number): Kernel =>
  (node, [x]) => {
    const { shape } = node.inputs[0]!,
      axes = list(node.attributes, 'axes');
    const kept = shape.map((n, i) => (axes.includes(i) ? 1 : n));
    const out = new Float64Array(sizeOf(kept)).fill(initial);
    const target = positions(shape, broadcastSteps(kept, shape));
    for (let i = 0; i < target.length; i++) out[target[i]!] = combine(out[target[i]!]!, x![i]!);
    return out;
  };

/** Throws ORZ_PROGRAM_INPUT for an id outside 0 … rows−1: the definition leaves it open, and here is where that would hide. */
function checkId(op: string, id: number, limit: number): number {
  if (id >= 0 && id < limit) return id;
  throw new OrzError('ORZ_PROGRAM_INPUT', `${op}: an id is out of range`, { value: id, allowed: `0 … ${limit - 1}` });
}

function gatherRows(node: Node, [table, ids]: readonly Values[]): Values {
  const [rows, width] = node.inputs[0]!.shape as [number, number];
  const out = new Float64Array(ids!.length * width);
  ids!.forEach((id, i) =>
    out.set(table!.subarray(checkId('gatherRows', id, rows) * width, (id + 1) * width), i * width),
  );
  return out;
}

function scatterAddRows(node: Node, [base, ids, updates]: readonly Values[]): Values {
  const [rows, width] = node.inputs[0]!.shape as [number, number];
  const out = base!.slice();
  ids!.forEach((id, i) => {
    checkId('scatterAddRows', id, rows);
    for (let d = 0; d < width; d++) out[id * width + d]! += updates![i * width + d]!;
  });
  return out;
}

function pick(node: Node, [x, ids]: readonly Values[]): Values {
  const classes = node.inputs[0]!.shape[1]!;
  return ids!.map((id, row) => x![row * classes + checkId('pick', id, classes)]!);
}

function concat(node: Node, inputs: readonly Values[]): Values {
  const { shape } = node.outputs[0]!,
    axis = number(node.attributes, 'axis');
  const outer = sizeOf(shape.slice(0, axis)),
    blocks = inputs.map((x) => x.length / outer);
  const out = new Float64Array(sizeOf(shape));
  for (let i = 0, at = 0; i < outer; i++) {
    inputs.forEach((x, k) => {
      out.set(x.subarray(i * blocks[k]!, (i + 1) * blocks[k]!), at);
      at += blocks[k]!;
    });
  }
  return out;
}

/** One loop for each primitive of the tensor engine but `input` and `constant`. */
export const kernels: Readonly<Record<string, Kernel>> = {
  ...elementwiseKernels,
  matmul,
  sum: reduction(0, (total, x) => total + x),
  max: reduction(-Infinity, Math.max),
  gatherRows,
  scatterAddRows,
  pick,
  concat,
  reshape: (_, [x]) => x!,
  transpose: (node, [x]) => {
    const strides = stridesOf(node.inputs[0]!.shape);
    return pickAt(
      x!,
      positions(
        node.outputs[0]!.shape,
        list(node.attributes, 'order').map((axis) => strides[axis]!),
      ),
    );
  },
  slice: (node, [x]) => {
    const strides = stridesOf(node.inputs[0]!.shape);
    return pickAt(
      x!,
      positions(
        node.outputs[0]!.shape,
        strides,
        number(node.attributes, 'start') * strides[number(node.attributes, 'axis')]!,
      ),
    );
  },
  expand: (node, [x]) =>
    pickAt(x!, positions(node.outputs[0]!.shape, broadcastSteps(node.inputs[0]!.shape, node.outputs[0]!.shape))),
};
