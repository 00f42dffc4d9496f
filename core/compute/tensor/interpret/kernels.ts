/* eslint-disable @typescript-eslint/no-non-null-assertion -- inner loops over typed arrays */
import { elementAt } from '../../../arrays.js';
import { flagAttribute, listAttribute, numberAttribute } from '../attributes.js';
import { idOutOfRange } from '../errors.js';
import { extentOf, extents } from '../extents.js';
import type { Node, Tensor } from '../graph.js';
import { sizeOf, stridesOf, type Shape } from '../types.js';
import { stochasticBf16, widenBf16 } from '../bf16.js';
import { elementwiseKernels } from './elementwise.js';
import { broadcastSteps, pickAt, walkOffsets, type Kernel, type Values } from './walk.js';

const firstInput = (node: Node): Tensor => elementAt(node.inputs, 0);
const outputShape = (node: Node): Shape => elementAt(node.outputs, 0).shape;

function matmul(node: Node, inputs: readonly Values[]): Values {
  const [a, b] = inputs as readonly [Values, Values];
  const output = elementAt(node.outputs, 0);
  const m = extentOf(output, -2),
    n = extentOf(output, -1),
    batches = sizeOf(output.shape.slice(0, -2)),
    k = a.length / (batches * m);
  const left = flagAttribute(node.attributes, 'transA') ? transposed(a, batches, m, k) : a;
  const right = flagAttribute(node.attributes, 'transB') ? transposed(b, batches, k, n) : b;
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
  pickAt(x, walkOffsets([batches, rows, columns], [rows * columns, 1, rows]));

/** Reduces in the order of the elements. */
const reduction =
  (initial: number, combine: (total: number, x: number) => number): Kernel =>
  (node, inputs) => {
    const x = elementAt(inputs, 0),
      { shape } = firstInput(node),
      axes = listAttribute(node.attributes, 'axes');
    const kept = shape.map((n, i) => (axes.includes(i) ? 1 : n));
    const out = new Float64Array(sizeOf(kept)).fill(initial);
    const target = walkOffsets(shape, broadcastSteps(kept, shape));
    for (let i = 0; i < target.length; i++) out[target[i]!] = combine(out[target[i]!]!, x[i]!);
    return out;
  };

/**
 * Throws ORZ_PROGRAM_INPUT for an id outside 0 … limit−1: the definition leaves the result open, and this is where a
 * wrong id would go unnoticed.
 */
function checkId(op: string, id: number, limit: number): number {
  if (id >= 0 && id < limit) return id;
  throw idOutOfRange(op, id, limit);
}

function gatherRows(node: Node, inputs: readonly Values[]): Values {
  const [table, ids] = inputs as readonly [Values, Values];
  const [rows, width] = extents(firstInput(node), 2);
  const out = new Float64Array(ids.length * width);
  for (const [i, id] of ids.entries())
    out.set(table.subarray(checkId('gatherRows', id, rows) * width, (id + 1) * width), i * width);
  return out;
}

function scatterAddRows(node: Node, inputs: readonly Values[]): Values {
  const [base, ids, updates] = inputs as readonly [Values, Values, Values];
  const [rows, width] = extents(firstInput(node), 2);
  const out = base.slice();
  for (const [i, id] of ids.entries()) {
    checkId('scatterAddRows', id, rows);
    for (let d = 0; d < width; d++) out[id * width + d]! += updates[i * width + d]!;
  }
  return out;
}

function pick(node: Node, inputs: readonly Values[]): Values {
  const [x, ids] = inputs as readonly [Values, Values];
  const classes = extentOf(firstInput(node), 1);
  return ids.map((id, row) => x[row * classes + checkId('pick', id, classes)]!);
}

function concat(node: Node, inputs: readonly Values[]): Values {
  const shape = outputShape(node),
    axis = numberAttribute(node.attributes, 'axis');
  const outer = sizeOf(shape.slice(0, axis));
  const out = new Float64Array(sizeOf(shape));
  let at = 0;
  for (let i = 0; i < outer; i++) {
    for (const x of inputs) {
      const block = x.length / outer;
      out.set(x.subarray(i * block, (i + 1) * block), at);
      at += block;
    }
  }
  return out;
}

const transpose: Kernel = (node, inputs) => {
  const strides = stridesOf(firstInput(node).shape);
  const steps = listAttribute(node.attributes, 'order').map((axis) => elementAt(strides, axis));
  return pickAt(elementAt(inputs, 0), walkOffsets(outputShape(node), steps));
};

const slice: Kernel = (node, inputs) => {
  const strides = stridesOf(firstInput(node).shape);
  const stride = elementAt(strides, numberAttribute(node.attributes, 'axis'));
  const start = numberAttribute(node.attributes, 'start') * stride;
  return pickAt(elementAt(inputs, 0), walkOffsets(outputShape(node), strides, start));
};

const expand: Kernel = (node, inputs) => {
  const shape = outputShape(node);
  return pickAt(elementAt(inputs, 0), walkOffsets(shape, broadcastSteps(firstInput(node).shape, shape)));
};

/** The one operation that rounds here: what it returns are bf16 numbers, as doubles. */
function toBf16(_: Node, inputs: readonly Values[]): Values {
  const [x, key] = inputs as readonly [Values, Values];
  const stored = new Uint16Array(x.length);
  stochasticBf16(Float32Array.from(x), key, stored);
  const rounded = new Float32Array(x.length);
  widenBf16(stored, rounded);
  return Float64Array.from(rounded);
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
  reshape: (_, inputs) => elementAt(inputs, 0),
  transpose,
  slice,
  expand,
  fromBf16: (_, inputs) => elementAt(inputs, 0),
  toBf16,
};
