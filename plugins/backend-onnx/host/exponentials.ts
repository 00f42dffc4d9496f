/* eslint-disable @typescript-eslint/no-non-null-assertion -- inner loops over typed arrays */
import { blockElements, exponentialsModule, offsets } from './wasm/exponentials.js';
import { instantiate } from './wasm/module.js';

const { memory, functions } = instantiate<'exponentials'>(exponentialsModule());
const values = new Float32Array(memory.buffer, offsets.values, blockElements);
const results = new Float64Array(memory.buffer, offsets.results, blockElements);

/** Shorter rows are computed sooner than they are copied. */
const worthCopying = 256;

/** weights[i] = exp((row[i] − top) · scale), where `top` is the largest of the row; returns their sum. */
export function exponentials(row: Float32Array, top: number, scale: number, weights: Float64Array): number {
  if (row.length < worthCopying) for (let i = 0; i < row.length; i++) weights[i] = Math.exp((row[i]! - top) * scale);
  else vectorised(row, top, scale, weights);
  let total = 0;
  for (let i = 0; i < row.length; i++) total += weights[i]!;
  return total;
}

function vectorised(row: Float32Array, top: number, scale: number, weights: Float64Array): void {
  for (let from = 0; from < row.length; from += blockElements) {
    const part = row.subarray(from, from + blockElements);
    values.set(part);
    functions.exponentials(4 * part.length, top, scale);
    weights.set(results.subarray(0, part.length), from);
  }
}
