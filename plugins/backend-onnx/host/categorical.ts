import type { Node } from '../../../core/tensor/graph.js';
import type { TensorData } from '../../../core/tensor/types.js';

/** Draws a token per row; see `categorical` in the operations for the definition. Works on one row at a time, in float64. */
export function categorical(node: Node, inputs: readonly TensorData[], outputs: readonly TensorData[]): void {
  const [slots, vocabulary] = node.inputs[0]!.shape as [number, number];
  const [logits, uniforms, temperature, topP, topK] = inputs as [TensorData, TensorData, TensorData, TensorData, TensorData];
  const weights = new Float64Array(vocabulary);
  for (let slot = 0; slot < slots; slot++) {
    const row = logits.subarray(slot * vocabulary, (slot + 1) * vocabulary) as Float32Array;
    const greedy = temperature[slot]! <= 0;
    const scale = greedy ? 1 : 1 / temperature[slot]!;
    const best = argmax(row);
    const total = exponentials(row, row[best]!, scale, weights);
    const limit = greedy ? 1 : topK[slot]! <= 0 ? vocabulary : topK[slot]!;
    const token = limit === 1 ? best
      : limit >= vocabulary && topP[slot]! >= 1 ? invert(weights, total * uniforms[slot]!)
        : drawFromNucleus(row, weights, { uniform: uniforms[slot]!, mass: topP[slot]! * total, limit });
    outputs[0]![slot] = token;
    outputs[1]![slot] = (row[token]! - row[best]!) * scale - Math.log(total);
  }
}

function argmax(row: Float32Array): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) if (row[i]! > row[best]!) best = i;
  return best;
}

/** weights[i] = exp((row[i] − top) · scale); returns their sum. */
function exponentials(row: Float32Array, top: number, scale: number, weights: Float64Array): number {
  let total = 0;
  for (let i = 0; i < row.length; i++) total += weights[i] = Math.exp((row[i]! - top) * scale);
  return total;
}

/** The first id at which the running sum exceeds `threshold`; the last id with any weight if rounding leaves none. */
function invert(weights: Float64Array, threshold: number): number {
  let sum = 0, last = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    sum += weights[i]!;
    last = i;
    if (sum > threshold) return i;
  }
  return last;
}

/** The most probable tokens (of equal ones the lower id first) up to `limit` many and while the mass before is below `mass`; at least one. */
function drawFromNucleus(row: Float32Array, weights: Float64Array, cut: { uniform: number; mass: number; limit: number }): number {
  const heap = Int32Array.from(row.keys());
  const before = (a: number, b: number): boolean => row[a]! > row[b]! || (row[a] === row[b] && a < b);
  for (let i = (heap.length >> 1) - 1; i >= 0; i--) sift(heap, i, heap.length, before);
  const kept = new Float64Array(weights.length);
  let size = heap.length, sum = 0;
  do {
    const id = heap[0]!;
    kept[id] = weights[id]!;
    sum += weights[id]!;
    heap[0] = heap[--size]!;
    sift(heap, 0, size, before);
  } while (size > 0 && heap.length - size < cut.limit && sum < cut.mass);
  return invert(kept, cut.uniform * sum);
}

/** Restores the heap order below position `i`; a heap, because a nucleus is small and the vocabulary is not. */
function sift(heap: Int32Array, i: number, size: number, before: (a: number, b: number) => boolean): void {
  for (let child = 2 * i + 1; child < size; child = 2 * i + 1) {
    if (child + 1 < size && before(heap[child + 1]!, heap[child]!)) child++;
    if (!before(heap[child]!, heap[i]!)) return;
    const swap = heap[i]!;
    heap[i] = heap[child]!;
    heap[child] = swap;
    i = child;
  }
}
