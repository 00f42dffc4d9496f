import { elementAt } from '../../../core/arrays.js';
import type { Node } from '../../../core/compute/tensor/graph.js';
import type { TensorData } from '../../../core/compute/tensor/types.js';
import { instantiate } from './wasm/module.js';
import { adamWScalars, blockElements, offsets, optimizerModule, partialSums } from './wasm/optimizer.js';

/*
 * Arithmetic of the optimizer on two numbers at a time, in WebAssembly. A module sees only its own memory, so arrays
 * pass through it block by block; the blocks stay in the processor's cache, and the copies cost little beside that.
 */

const { memory, functions } = instantiate<'adamW' | 'sumSquares'>(optimizerModule());

const block = (offset: number): Float32Array => new Float32Array(memory.buffer, offset, blockElements);
const blocks = [offsets.parameter, offsets.gradient, offsets.m, offsets.v].map(block);
const gradientBlock = block(offsets.gradient);
const sums = new Float64Array(memory.buffer, offsets.sums, partialSums);

/** Σ x² in float64: eight partial sums, of the elements whose index has the same remainder, then their sum. */
export function sumSquares(_: Node, inputs: readonly TensorData[], outputs: readonly TensorData[]): void {
  const x = elementAt(inputs, 0);
  sums.fill(0);
  for (let from = 0; from < x.length; from += blockElements) {
    const part = x.subarray(from, from + blockElements),
      padded = Math.ceil(part.length / partialSums) * partialSums;
    gradientBlock.set(part);
    gradientBlock.fill(0, part.length, padded);
    functions.sumSquares(4 * padded);
  }
  elementAt(outputs, 0)[0] = sums.reduce((total, sum) => total + sum, 0);
}

/** One AdamW step: next parameter, m and v. Arithmetic in float64, rounded once when stored. */
export function adamW(node: Node, inputs: readonly TensorData[], outputs: readonly TensorData[]): void {
  const arrays = inputs.slice(0, blocks.length);
  const [, , m, v] = blocks as [Float32Array, Float32Array, Float32Array, Float32Array];
  const results = [elementAt(blocks, 0), m, v];
  const scalars = stepScalars(
    node,
    inputs.slice(blocks.length).map((scalar) => elementAt(scalar, 0)),
  );
  const { length } = elementAt(arrays, 0);
  for (let from = 0; from < length; from += blockElements) {
    const to = Math.min(from + blockElements, length);
    for (const [i, array] of arrays.entries()) elementAt(blocks, i).set(array.subarray(from, to));
    functions.adamW(4 * (to - from), ...scalars);
    for (const [i, result] of results.entries()) elementAt(outputs, i).set(result.subarray(0, to - from), from);
  }
}

/** What the loop multiplies with, in the order of its parameters. */
function stepScalars(node: Node, [learningRate = 0, step = 0, gradientScale = 0]: readonly number[]): number[] {
  const { beta1, beta2, epsilon, weightDecay } = node.attributes as Record<
    'beta1' | 'beta2' | 'epsilon' | 'weightDecay',
    number
  >;
  const scalars = {
    ...{ gradientScale, beta1, beta2, epsilon },
    shareOfGradient: 1 - beta1,
    shareOfSquare: 1 - beta2,
    decay: 1 - learningRate * weightDecay,
    stepSize: learningRate / (1 - beta1 ** step),
    correction2: 1 / (1 - beta2 ** step),
  };
  return adamWScalars.map((name) => scalars[name]);
}
