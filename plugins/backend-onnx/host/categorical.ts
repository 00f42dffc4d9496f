import type { Node } from '../../../core/compute/tensor/graph.js';
import type { TensorData } from '../../../core/compute/tensor/types.js';

/** Draws a token per row; see `categorical` in the operations for the definition. Works on one row at a time, in float64. */
export function categorical(node: Node, inputs: readonly TensorData[], outputs: readonly TensorData[]): void {
  const [slots, vocabulary] = node.inputs[0]!.shape as [number, number];
  const [logits, uniforms, temperature, topP, topK] = inputs as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
    Int32Array,
  ];
  const weights = new Float64Array(vocabulary);
  for (let slot = 0; slot < slots; slot++) {
    const row = logits.subarray(slot * vocabulary, (slot + 1) * vocabulary);
    const greedy = temperature[slot]! <= 0;
    const scale = greedy ? 1 : 1 / temperature[slot]!;
    const best = argmax(row);
    const total = exponentials(row, row[best]!, scale, weights);
    const limit = greedy ? 1 : topK[slot]! <= 0 ? vocabulary : topK[slot]!;
    const token =
      limit === 1
        ? best
        : limit >= vocabulary && topP[slot]! >= 1
          ? invert(weights, total * uniforms[slot]!)
          : drawFromNucleus(row, weights, { uniform: uniforms[slot]!, mass: topP[slot]! * total, limit });
    outputs[0]![slot] = token;
    outputs[1]![slot] = (row[token]! - row[best]!) * scale - Math.log(total);
  }
}

function argmax(row: Float32Array): number {
  let best = 0,
    top = row[0]!;
  for (let i = 1; i < row.length; i++) {
    if (row[i]! > top) {
      top = row[i]!;
      best = i;
    }
  }
  return best;
}

/** weights[i] = exp((row[i] − top) · scale); returns their sum. */
function exponentials(row: Float32Array, top: number, scale: number, weights: Float64Array): number {
  let total = 0;
  for (let i = 0; i < row.length; i++) total += weights[i] = Math.exp((row[i]! - top) * scale);
  return total;
}

/** The first id at which the running sum exceeds `threshold`; the last id with any weight if rounding leaves none; 0 if all are NaN. */
function invert(weights: Float64Array, threshold: number): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i]!;
    if (sum > threshold) return i;
  }
  return Math.max(
    0,
    weights.findLastIndex((w) => w > 0),
  );
}

/** The most probable tokens (of equal ones the lower id first) up to `limit` many and while the mass before is below `mass`; at least one. */
function drawFromNucleus(
  row: Float32Array,
  weights: Float64Array,
  cut: { uniform: number; mass: number; limit: number },
): number {
  const order = candidates(weights, cut).sort((a, b) => row[b]! - row[a]! || a - b);
  const kept = new Float64Array(weights.length);
  let sum = 0;
  for (let rank = 0; rank < order.length && rank < Math.max(1, cut.limit) && (rank === 0 || sum < cut.mass); rank++) {
    sum += kept[order[rank]!] = weights[order[rank]!]!;
  }
  return invert(kept, cut.uniform * sum);
}

/** Weights from 2^−1, 2^−2, … 2^−31 on each make a class; the rest is the last. The largest weight, 1, is in class 0. */
const classes = 33;

/** All tokens that can be in the nucleus, in order of id: those in the classes that reach its mass or its size. Sorting a whole vocabulary would take longer. */
function candidates(weights: Float64Array, { mass, limit }: { mass: number; limit: number }): Int32Array {
  const counts = new Int32Array(classes),
    masses = new Float64Array(classes);
  const classOf = new Uint8Array(weights.length);
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    // Math.clz32 of a 32-bit fraction counts the halvings; smaller weights share the last class.
    const c = weight >= 2 ** -31 ? Math.clz32(weight * 2 ** 31) : 32;
    classOf[i] = c;
    counts[c]!++;
    masses[c]! += weight;
  }
  let last = 0;
  for (
    let count = counts[0]!, sum = masses[0]!;
    last < classes - 1 && count < limit && sum < mass;
    count += counts[last]!, sum += masses[last]!
  )
    last++;
  const chosen = new Int32Array(counts.subarray(0, last + 1).reduce((a, b) => a + b, 0));
  for (let i = 0, n = 0; i < weights.length; i++) if (classOf[i]! <= last) chosen[n++] = i;
  return chosen;
}
