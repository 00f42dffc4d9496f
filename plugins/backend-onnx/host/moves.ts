import { OrzError } from '../../../core/errors.js';
import type { Node } from '../../../core/compute/tensor/graph.js';
import { sizeOf, type TensorData } from '../../../core/compute/tensor/types.js';

/** Rows of a table [V, D] at `ids`. */
export function gatherRows(node: Node, [table, ids]: readonly TensorData[], [out]: readonly TensorData[]): void {
  const [rows, width] = node.inputs[0]!.shape as [number, number];
  for (let n = 0; n < ids!.length; n++) {
    const row = ids![n]!;
    if (row < 0 || row >= rows)
      throw new OrzError('ORZ_PROGRAM_INPUT', 'gatherRows: an id is out of range', {
        value: row,
        allowed: `0 … ${rows - 1}`,
      });
    out!.set(table!.subarray(row * width, (row + 1) * width), n * width);
  }
}

/** Tensors joined along one axis: runs of elements that stay together are copied in turn from each. */
export function concat(node: Node, inputs: readonly TensorData[], [out]: readonly TensorData[]): void {
  const axis = node.attributes['axis'] as number;
  const runs = sizeOf(node.outputs[0]!.shape.slice(0, axis));
  const stride = out!.length / runs;
  let offset = 0;
  for (const input of inputs) {
    const length = input.length / runs;
    for (let run = 0; run < runs; run++)
      out!.set(input.subarray(run * length, (run + 1) * length), run * stride + offset);
    offset += length;
  }
}
