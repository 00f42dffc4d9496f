/* eslint-disable @typescript-eslint/no-non-null-assertion -- inner loops over typed arrays */
import { elementAt } from '../../../core/arrays.js';
import type { Node } from '../../../core/compute/tensor/graph.js';
import type { TensorData } from '../../../core/compute/tensor/types.js';
import { idOutOfRange, indexBeyondCache } from '../errors.js';

/** base [V, D] plus updates [N, D] at the rows `ids` [N], in the order of `ids`: the embedding gradient. */
export function scatterAddRows(node: Node, inputs: readonly TensorData[], outputs: readonly TensorData[]): void {
  const [rows, width] = elementAt(node.inputs, 0).shape as [number, number];
  const [base, ids, updates] = inputs as [Float32Array, Int32Array, Float32Array];
  const result = elementAt(outputs, 0) as Float32Array;
  if (result !== base) result.set(base);
  for (const [n, row] of ids.entries()) {
    if (row < 0 || row >= rows) throw idOutOfRange('scatterAddRows', row, rows);
    const to = row * width,
      from = n * width;
    for (let i = 0; i < width; i++) result[to + i]! += updates[from + i]!;
  }
}

/**
 * The cache with row m of `values` at the flat token index[m] (lane · capacity + token); negative indices write
 * nothing. A key cache is [lanes, heads, h, capacity], a value cache [lanes, heads, capacity, h].
 */
export function cacheWrite(node: Node, inputs: readonly TensorData[], outputs: readonly TensorData[]): void {
  const [lanes, heads, x, y] = elementAt(node.inputs, 0).shape as [number, number, number, number];
  const [cache, values, index] = inputs as [Float32Array, Float32Array, Int32Array];
  const result = elementAt(outputs, 0) as Float32Array;
  const isKeyCache = node.attributes['axis'] === 3;
  const h = isKeyCache ? x : y,
    capacity = isKeyCache ? y : x;
  if (result !== cache) result.set(cache);
  for (const [m, position] of index.entries()) {
    if (position < 0) continue;
    if (position >= lanes * capacity) throw indexBeyondCache(position, lanes * capacity);
    const lane = Math.floor(position / capacity),
      token = position % capacity;
    for (let head = 0; head < heads; head++) {
      const from = (m * heads + head) * h,
        block = (lane * heads + head) * h * capacity;
      // Keys are stored transposed: the elements of one token lie `capacity` apart.
      const to = isKeyCache ? block + token : block + token * h,
        stride = isKeyCache ? capacity : 1;
      for (let i = 0; i < h; i++) result[to + i * stride] = values[from + i]!;
    }
  }
}
