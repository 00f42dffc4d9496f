/* eslint-disable @typescript-eslint/no-non-null-assertion -- inner loops over typed arrays */
import { philox } from '../../random.js';

/*
 * bf16 numbers as words of 16 bits: the upper half of an f32. Infinities and NaN included, unlike in weight files.
 */

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

/** Rounds at random, as the operation `toBf16` says; `key` holds its four integers. */
export function randomBf16(values: Float32Array, key: ArrayLike<number>, out: Uint16Array): void {
  const [k0, k1, c1, c2] = Array.from({ length: 4 }, (_, i) => key[i]! >>> 0) as [number, number, number, number];
  const bits = bitsOf(values);
  for (let from = 0; from < bits.length; from += 8) {
    const words = philox([from / 8, c1, c2, 0], k0, k1);
    const end = Math.min(from + 8, bits.length);
    for (let i = from; i < end; i++) {
      const word = words[((i - from) >> 1) as 0 | 1 | 2 | 3];
      const b = bits[i]!;
      out[i] = (b & exponent) === exponent ? cut(b) : (b + ((i & 1) === 0 ? word & 0xffff : word >>> 16)) >>> 16;
    }
  }
}
