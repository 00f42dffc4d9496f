import { elementAt } from '../../../core/arrays.js';
import type { Node } from '../../../core/compute/tensor/graph.js';
import { sizeOf, type TensorData } from '../../../core/compute/tensor/types.js';
import { idOutOfRange } from '../errors.js';

/** Rows of a table [V, D] at `ids` [N]: [N, D]. */
export function gatherRows(node: Node, inputs: readonly TensorData[], outputs: readonly TensorData[]): void {
  const [rows, width] = elementAt(node.inputs, 0).shape as [number, number];
  const table = elementAt(inputs, 0),
    ids = elementAt(inputs, 1),
    result = elementAt(outputs, 0);
  for (const [n, row] of ids.entries()) {
    if (row < 0 || row >= rows) throw idOutOfRange('gatherRows', row, rows);
    result.set(table.subarray(row * width, (row + 1) * width), n * width);
  }
}

/** Tensors joined along one axis: blocks of elements that stay together are copied in turn from each. */
export function concat(node: Node, inputs: readonly TensorData[], outputs: readonly TensorData[]): void {
  const axis = node.attributes['axis'] as number,
    blocks = sizeOf(elementAt(node.outputs, 0).shape.slice(0, axis));
  const result = elementAt(outputs, 0),
    stride = result.length / blocks;
  let offset = 0;
  for (const input of inputs) {
    const length = input.length / blocks;
    for (let block = 0; block < blocks; block++)
      result.set(input.subarray(block * length, (block + 1) * length), block * stride + offset);
    offset += length;
  }
}
