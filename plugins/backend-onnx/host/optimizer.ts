/* eslint-disable @typescript-eslint/no-non-null-assertion -- inner loops over typed arrays */
import { elementAt } from '../../../core/arrays.js';
import type { Node } from '../../../core/compute/tensor/graph.js';
import type { TensorData } from '../../../core/compute/tensor/types.js';

/** Σ x² in float64, in the order of the elements. */
export function sumSquares(_: Node, inputs: readonly TensorData[], outputs: readonly TensorData[]): void {
  const x = elementAt(inputs, 0);
  let total = 0;
  for (let i = 0; i < x.length; i++) total += x[i]! * x[i]!;
  elementAt(outputs, 0)[0] = total;
}

/** One AdamW step: next parameter, m and v. Arithmetic in float64, rounded once when stored. */
export function adamW(node: Node, inputs: readonly TensorData[], outputs: readonly TensorData[]): void {
  const [parameter, gradient, m, v] = inputs as [Float32Array, Float32Array, Float32Array, Float32Array];
  const [nextParameter, nextM, nextV] = outputs as [Float32Array, Float32Array, Float32Array];
  const scalar = (index: number): number => elementAt(elementAt(inputs, index), 0);
  const learningRate = scalar(4),
    step = scalar(5),
    gradientScale = scalar(6);
  const { beta1, beta2, epsilon, weightDecay } = node.attributes as Record<
    'beta1' | 'beta2' | 'epsilon' | 'weightDecay',
    number
  >;
  const stepSize = learningRate / (1 - beta1 ** step);
  const correction2 = 1 / (1 - beta2 ** step);
  const decay = 1 - learningRate * weightDecay;
  for (let i = 0; i < parameter.length; i++) {
    const g = gradient[i]! * gradientScale;
    const mi = m[i]! * beta1 + g * (1 - beta1);
    const vi = v[i]! * beta2 + g * g * (1 - beta2);
    nextParameter[i] = parameter[i]! * decay - (stepSize * mi) / (Math.sqrt(vi * correction2) + epsilon);
    nextM[i] = mi;
    nextV[i] = vi;
  }
}
