import { tokenOutOfRange } from './errors.js';

/** What tensors of the API hold here: float32 as it is, int64 as int32, which all token ids fit. */
export type WireArray = Float32Array | Int32Array;

/** The bytes of an array as they lie in memory, which is little-endian; no copy. */
export const bytesOf = (array: WireArray): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Little-endian int64 with the values of `array`. */
export function int64BytesOf(array: ArrayLike<number>): Uint8Array {
  const halves = new Int32Array(2 * array.length);
  for (let i = 0; i < array.length; i++) {
    const value = array[i] as number;
    halves[2 * i] = value;
    halves[2 * i + 1] = value < 0 ? -1 : 0;
  }
  return bytesOf(halves);
}

/** Numbers from little-endian int64; throws ORZ_SERVER for one that 32 bits do not hold. */
export function fromInt64Bytes(bytes: Uint8Array): Int32Array {
  const halves = int32Of(bytes);
  return Int32Array.from({ length: halves.length >> 1 }, (_, i) => {
    const low = halves[2 * i] as number;
    if (halves[2 * i + 1] !== low >> 31) throw tokenOutOfRange();
    return low;
  });
}

/** A copy, since the bytes of a message may start anywhere. */
export const float32Of = (bytes: Uint8Array): Float32Array => new Float32Array(aligned(bytes, 4));

/** A copy, since the bytes of a message may start anywhere. */
export const int32Of = (bytes: Uint8Array): Int32Array => new Int32Array(aligned(bytes, 4));

/** Numbers from bfloat16, whose bits are the upper half of a float32. */
export function fromBfloat16(bytes: Uint8Array): Float32Array {
  const halves = new Uint16Array(aligned(bytes, 2));
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}

/** One after another; a copy unless there is only one. */
export function joined(parts: readonly Int32Array[]): Int32Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const whole = new Int32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whole elements of `size` bytes in a buffer of their own; throws RangeError for a part of one. */
function aligned(bytes: Uint8Array, size: number): ArrayBuffer {
  if (bytes.length % size !== 0) throw new RangeError(`${bytes.length} bytes are no multiple of ${size}`);
  const copy = new ArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return copy;
}
