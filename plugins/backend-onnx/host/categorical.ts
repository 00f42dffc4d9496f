/* eslint-disable @typescript-eslint/no-non-null-assertion -- inner loops over typed arrays */
import { elementAt } from '../../../core/arrays.js';
import type { Node } from '../../../core/compute/tensor/graph.js';
import { smallestNormal } from '../../../core/compute/tensor/float32.js';
import type { TensorData } from '../../../core/compute/tensor/types.js';
import { exponentials } from './exponentials.js';
import { rankedByValue } from './rank.js';

/**
 * Draws a token per row of logits [N, V]; see `categorical` in the operations for the definition. Works on one row at
 * a time, in float64.
 */
export function categorical(node: Node, inputs: readonly TensorData[], outputs: readonly TensorData[]): void {
  const [rows, vocabulary] = elementAt(node.inputs, 0).shape as [number, number];
  const [logits, uniforms, temperatures, topPs, topKs] = inputs as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
    Int32Array,
  ];
  const tokens = elementAt(outputs, 0),
    logprobs = elementAt(outputs, 1);
  const weights = new Float64Array(vocabulary);
  for (let n = 0; n < rows; n++) {
    const row = logits.subarray(n * vocabulary, (n + 1) * vocabulary);
    const temperature = temperatures[n]!,
      isGreedy = temperature < smallestNormal,
      scale = isGreedy ? 1 : 1 / temperature;
    const best = argmax(row);
    const total = exponentials(row, row[best]!, scale, weights);
    const token = drawToken(row, weights, {
      best,
      total,
      uniform: uniforms[n]!,
      topP: topPs[n]!,
      limit: isGreedy ? 1 : limitOf(topKs[n]!, vocabulary),
    });
    tokens[n] = token;
    logprobs[n] = (row[token]! - row[best]!) * scale - Math.log(total);
  }
}

/** How many tokens top-k keeps: all of them where it is switched off by a number below 1. */
const limitOf = (topK: number, vocabulary: number): number => (topK <= 0 ? vocabulary : topK);

interface Draw {
  /** The most probable token, and the sum of all weights. */
  readonly best: number;
  readonly total: number;
  readonly uniform: number;
  readonly topP: number;
  /** At most so many of the most probable tokens are kept. */
  readonly limit: number;
}

function drawToken(row: Float32Array, weights: Float64Array, { best, total, uniform, topP, limit }: Draw): number {
  if (limit === 1) return best;
  const all = limit >= weights.length;
  if (all && topP >= 1) return invert(weights, total * uniform);
  // Top-p is a share of what top-k keeps, whose mass is only known beforehand where top-k keeps everything.
  const found = candidates(weights, { mass: all ? topP * total : Infinity, limit });
  const ranked = rankedByValue(row, found).subarray(0, limit);
  const mass = topP >= 1 ? Infinity : topP * (all ? total : sumOf(ranked, weights));
  return drawFromNucleus(ranked, weights, { mass, uniform });
}

function sumOf(ids: Int32Array, weights: Float64Array): number {
  let sum = 0;
  for (const id of ids) sum += weights[id]!;
  return sum;
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

/**
 * The first id at which the running sum exceeds `threshold`; the last id with any weight if rounding leaves none; 0 if
 * all are NaN.
 */
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

/** Draws among the tokens of `ranked`, most probable first, before which the mass is below `mass`: at least one. */
function drawFromNucleus(
  ranked: Int32Array,
  weights: Float64Array,
  { mass, uniform }: { readonly mass: number; readonly uniform: number },
): number {
  const kept = new Float64Array(weights.length);
  let sum = 0;
  for (let rank = 0; rank < ranked.length && (rank === 0 || sum < mass); rank++) {
    const id = ranked[rank]!;
    kept[id] = weights[id]!;
    sum += weights[id]!;
  }
  return invert(kept, uniform * sum);
}

/**
 * Weights from 2^−1, 2^−2, … 2^−31 on each make a class; the rest is the last. The largest weight, 1, is in class 0.
 */
const classes = 33;

/**
 * All tokens that can be in the nucleus, in order of id: those in the classes that reach its mass or its size. Sorting
 * a whole vocabulary would take longer.
 */
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
  let last = 0,
    count = counts[0]!,
    sum = masses[0]!;
  while (last < classes - 1 && count < limit && sum < mass) {
    last++;
    count += counts[last]!;
    sum += masses[last]!;
  }
  const chosen = new Int32Array(count);
  for (let i = 0, n = 0; i < weights.length; i++) if (classOf[i]! <= last) chosen[n++] = i;
  return chosen;
}
