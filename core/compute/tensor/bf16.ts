/* eslint-disable @typescript-eslint/no-non-null-assertion -- inner loops over typed arrays */
import { philox } from '../../random.js';
import type { DType, TensorData } from './types.js';

/*
 * bf16 numbers as words of 16 bits: the upper half of an f32. Infinities and NaN included, unlike in weight files.
 */

/** Integers of a rounding key: k0, k1, c1, c2. */
export const roundingKeySize = 4;

const exponent = 0x7f80_0000;
/** Set in a NaN whose payload lies in the lower half: cut off, it would be an infinity. */
const quiet = 0x40;

const isNaNBits = (bits: number): boolean => (bits & 0x7fff_ffff) > exponent;
const cut = (bits: number): number => (bits >>> 16) | (isNaNBits(bits) ? quiet : 0);

const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer, values.byteOffset, values.length);

/** Rounds to the nearest, ties to even. */
export function nearestBf16(values: Float32Array, out: Uint16Array): void {
  const bits = bitsOf(values);
  for (let i = 0; i < bits.length; i++) {
    const b = bits[i]!;
    out[i] = (b & exponent) === exponent ? cut(b) : (b + 0x7fff + ((b >>> 16) & 1)) >>> 16;
  }
}

/** Exact values. */
export function widenBf16(stored: Uint16Array, out: Float32Array): void {
  const bits = bitsOf(out);
  for (let i = 0; i < stored.length; i++) bits[i] = stored[i]! << 16;
}

/** Rounds stochastically, as the operation `toBf16` says; `key` holds its four integers. */
export function stochasticBf16(values: Float32Array, key: ArrayLike<number>, out: Uint16Array): void {
  const word = (i: number): number => key[i]! >>> 0;
  const [k0, k1, c1, c2] = [word(0), word(1), word(2), word(3)];
  const bits = bitsOf(values);
  for (let from = 0; from < bits.length; from += 8) {
    const words = philox([from / 8, c1, c2, 0], k0, k1);
    const end = Math.min(from + 8, bits.length);
    for (let i = from; i < end; i++) {
      const random = words[((i - from) >> 1) as 0 | 1 | 2 | 3];
      const b = bits[i]!;
      out[i] = (b & exponent) === exponent ? cut(b) : (b + ((i & 1) === 0 ? random & 0xffff : random >>> 16)) >>> 16;
    }
  }
}

/** A copy of values as a buffer of this dtype holds them, in the form that it gives them out. */
export function asStored(dtype: DType, values: ArrayLike<number>): TensorData {
  if (dtype === 'i32') return Int32Array.from(values);
  const floats = Float32Array.from(values);
  if (dtype !== 'bf16') return floats;
  const stored = new Uint16Array(floats.length);
  nearestBf16(floats, stored);
  widenBf16(stored, floats);
  return floats;
}
