import { nearestBf16, widenBf16 } from '../../../core/compute/tensor/bf16.js';
import {
  bytesOf,
  sizeOf,
  type DType,
  type Shape,
  type TensorData,
  type TensorType,
} from '../../../core/compute/tensor/types.js';

/** Words of 32 bits that a tensor takes on the device: one per element, of bf16 one for two. */
export const wordsOf = (dtype: DType, shape: Shape): number =>
  dtype === 'bf16' ? Math.ceil(bytesOf({ dtype, shape }) / 4) : sizeOf(shape);

/** Elements as they are stored; the first of two numbers of bf16 is the lower half of their word. */
export function toWords({ dtype, shape }: TensorType, data: TensorData): TensorData {
  if (dtype !== 'bf16') return data;
  const words = new Int32Array(wordsOf(dtype, shape));
  nearestBf16(data as Float32Array, new Uint16Array(words.buffer));
  return words;
}

/** The elements of a tensor from what is stored. */
export function fromWords({ dtype, shape }: TensorType, stored: ArrayBuffer): TensorData {
  if (dtype === 'i32') return new Int32Array(stored);
  if (dtype !== 'bf16') return new Float32Array(stored);
  const floats = new Float32Array(sizeOf(shape));
  widenBf16(new Uint16Array(stored, 0, floats.length), floats);
  return floats;
}
