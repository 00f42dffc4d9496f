import { stochasticBf16, widenBf16 } from '../../../core/compute/tensor/bf16.js';
import type { Node } from '../../../core/compute/tensor/graph.js';
import type { HostData } from '../memory.js';

/** Stored numbers as f32. */
export function fromBf16(_: Node, inputs: readonly HostData[], outputs: readonly HostData[]): void {
  widenBf16(inputs[0] as Uint16Array, outputs[0] as Float32Array);
}

/** Numbers rounded stochastically; see `toBf16` in the operations. */
export function toBf16(_: Node, inputs: readonly HostData[], outputs: readonly HostData[]): void {
  const [x, key] = inputs as readonly [Float32Array, Int32Array];
  stochasticBf16(x, key, outputs[0] as Uint16Array);
}
