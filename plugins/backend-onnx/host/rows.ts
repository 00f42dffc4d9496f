import { OrzError } from '../../../core/errors.js';
import type { Node } from '../../../core/compute/tensor/graph.js';
import type { TensorData } from '../../../core/compute/tensor/types.js';

/** base [V, D] plus updates at the rows `ids`, in the order of `ids`: the embedding gradient. */
export function scatterAddRows(
  node: Node,
  [base, ids, updates]: readonly TensorData[],
  [out]: readonly TensorData[],
): void {
  const [rows, width] = node.inputs[0]!.shape as [number, number];
  const source = updates as Float32Array,
    target = out as Float32Array;
  if (target !== base) target.set(base!);
  for (let n = 0; n < ids!.length; n++) {
    const row = ids![n]!;
    if (row < 0 || row >= rows)
      throw new OrzError('ORZ_PROGRAM_INPUT', 'scatterAddRows: an id is out of range', {
        value: row,
        allowed: `0 … ${rows - 1}`,
      });
    const to = row * width,
      from = n * width;
    for (let i = 0; i < width; i++) target[to + i]! += source[from + i]!;
  }
}

/** The cache with row m of `values` at flat token index[m] (slot · C + token); negative indices write nothing. */
export function cacheWrite(
  node: Node,
  [cache, values, index]: readonly TensorData[],
  [out]: readonly TensorData[],
): void {
  const [slots, heads, x, y] = node.inputs[0]!.shape as [number, number, number, number];
  const keys = node.attributes['axis'] === 3;
  const h = keys ? x : y,
    capacity = keys ? y : x;
  const source = values as Float32Array,
    target = out as Float32Array;
  if (target !== cache) target.set(cache!);
  for (let m = 0; m < index!.length; m++) {
    const position = index![m]!;
    if (position < 0) continue;
    if (position >= slots * capacity)
      throw new OrzError('ORZ_PROGRAM_INPUT', 'cacheWrite: an index is beyond the cache', {
        value: position,
        allowed: `below ${slots * capacity}`,
      });
    const slot = Math.floor(position / capacity),
      token = position % capacity;
    for (let head = 0; head < heads; head++) {
      const from = (m * heads + head) * h,
        block = (slot * heads + head) * h * capacity;
      // Keys are stored transposed: the elements of one token lie `capacity` apart.
      const to = keys ? block + token : block + token * h,
        stride = keys ? capacity : 1;
      for (let i = 0; i < h; i++) target[to + i * stride] = source[from + i]!;
    }
  }
}
