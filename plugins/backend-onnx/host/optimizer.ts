import type { Node } from '../../../core/compute/tensor/graph.js';
import type { TensorData } from '../../../core/compute/tensor/types.js';

/** Σ x² in float64, in the order of the elements. */
export function sumSquares(_: Node, [x]: readonly TensorData[], [out]: readonly TensorData[]): void {
  const values = x as Float32Array;
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]! * values[i]!;
  out![0] = total;
}

/** One AdamW step: next parameter, m and v. Arithmetic in float64, rounded once when stored. */
export function adamW(node: Node, inputs: readonly TensorData[], outputs: readonly TensorData[]): void {
  const [parameter, gradient, m, v] = inputs as [Float32Array, Float32Array, Float32Array, Float32Array];
  const [nextParameter, nextM, nextV] = outputs as [Float32Array, Float32Array, Float32Array];
  const rate = inputs[4]![0]!,
    step = inputs[5]![0]!,
    scale = inputs[6]![0]!;
  const { beta1, beta2, epsilon, weightDecay } = node.attributes as Record<
    'beta1' | 'beta2' | 'epsilon' | 'weightDecay',
    number
  >;
  const stepSize = rate / (1 - beta1 ** step);
  const correction2 = 1 / (1 - beta2 ** step);
  const kept = 1 - rate * weightDecay;
  for (let i = 0; i < parameter.length; i++) {
    const g = gradient[i]! * scale;
    const mi = m[i]! * beta1 + g * (1 - beta1);
    const vi = v[i]! * beta2 + g * g * (1 - beta2);
    nextParameter[i] = parameter[i]! * kept - (stepSize * mi) / (Math.sqrt(vi * correction2) + epsilon);
    nextM[i] = mi;
    nextV[i] = vi;
  }
}
