import { describe, expect, it } from 'vitest';
import { decodeNumbers, encodeNumbers, type WeightType } from '../../../core/model-files/number-formats.js';
import { createRandom } from '../../../core/random.js';

const range = { tensor: 'w', from: 100, origin: 'file' };
const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer, values.byteOffset, values.length);
const halves = (bytes: Uint8Array): Uint16Array => new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);

function decode(bytes: Uint8Array, type: WeightType, count: number): Float32Array {
  const out = new Float32Array(count);
  decodeNumbers(bytes, type, out, range);
  return out;
}

/** Value of a 16-bit number by the definition of the format: sign, exponent, fraction. */
function valueOf(half: number, exponentBits: number): number {
  const fractionBits = 15 - exponentBits,
    bias = 2 ** (exponentBits - 1) - 1;
  const exponent = (half >> fractionBits) & (2 ** exponentBits - 1),
    fraction = (half & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  const magnitude = exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
  return half & 0x8000 ? -magnitude : magnitude;
}

const formats = [
  ['bf16', 8],
  ['f16', 5],
] as const;
const isFiniteHalf = (half: number, exponentBits: number): boolean =>
  ((half >> (15 - exponentBits)) & (2 ** exponentBits - 1)) !== 2 ** exponentBits - 1;
const finite = (exponentBits: number): Uint16Array =>
  Uint16Array.from({ length: 0x1_0000 }, (_, half) => half).filter((half) => isFiniteHalf(half, exponentBits));

describe.each(formats)('%s', (type, exponentBits) => {
  const all = finite(exponentBits);

  it('is read exactly, for every number', () => {
    const read = decode(new Uint8Array(all.buffer), type, all.length);
    expect(bitsOf(read)).toEqual(bitsOf(Float32Array.from(all, (half) => valueOf(half, exponentBits))));
  });

  it('is written back to the same bits', () => {
    expect(halves(encodeNumbers(decode(new Uint8Array(all.buffer), type, all.length), type, range))).toEqual(all);
  });

  it('rounds to the nearest, ties to even', () => {
    const positive = [...all.filter((half) => half < 0x8000)].slice(0, -1);
    for (const half of positive.filter((_, i) => i % 7 === 0 || i < 64)) {
      const [low, high] = [valueOf(half, exponentBits), valueOf(half + 1, exponentBits)],
        middle = (low + high) / 2;
      const even = half % 2 === 0 ? half : half + 1;
      // The smallest f32 numbers around the middle; bf16 between its smallest numbers leaves no room for them.
      const nudge = Math.max(2 ** -149, middle * 2 ** -23);
      expect(
        [...halves(encodeNumbers(Float32Array.of(low, middle, middle - nudge, middle + nudge, -middle), type, range))],
        String(middle),
      ).toEqual([half, even, half, half + 1, even | 0x8000]);
    }
  });

  it('stays within half a step for any number', () => {
    const { normalPair } = createRandom(3).stream('numbers');
    const values = Float32Array.from(
      { length: 5000 },
      (_, i) => (normalPair(i)[0] * 10 ** (4 * normalPair(i, 1)[0])) % 60000,
    );
    const back = decode(encodeNumbers(values, type, range), type, values.length);
    const step = (x: number): number =>
      2 ** (Math.max(Math.floor(Math.log2(Math.abs(x))), type === 'f16' ? -14 : -126) - (15 - exponentBits));
    values.forEach((x, i) => expect(Math.abs(back[i]! - x)).toBeLessThanOrEqual(step(x) / 2));
  });

  it('is refused when it is not finite, naming tensor and element', () => {
    const infinity = type === 'f16' ? 0x7c00 : 0x7f80;
    for (const half of [infinity, infinity | 1, infinity | 0x8000, 0xffff]) {
      expect(() => decode(new Uint8Array(Uint16Array.of(0, half, 0).buffer), type, 3)).toThrow(
        expect.objectContaining({
          code: 'ORZ_NOT_FINITE',
          message: expect.stringMatching(/"w" has (NaN|-?Infinity) at element 101/),
        }),
      );
    }
  });

  it('refuses numbers that would round to infinity', () => {
    const top = valueOf(infinityOf(exponentBits) - 1, exponentBits),
      step = top - valueOf(infinityOf(exponentBits) - 2, exponentBits);
    const last = Float32Array.of(top + step / 2 - step / 64);
    expect(decode(encodeNumbers(last, type, range), type, 1)[0]).toBe(top);
    for (const bad of [top + step / 2, Infinity, Number.NaN, -top - step / 2]) {
      expect(() => encodeNumbers(Float32Array.of(1, bad), type, range)).toThrow(
        expect.objectContaining({
          code: Number.isFinite(Math.fround(bad)) ? 'ORZ_WEIGHTS' : 'ORZ_NOT_FINITE',
          message: expect.stringContaining('at element 101'),
        }),
      );
    }
  });
});

const infinityOf = (exponentBits: number): number => (2 ** exponentBits - 1) << (15 - exponentBits);

describe('f32', () => {
  it('keeps every bit, at any offset of the bytes', () => {
    const values = Float32Array.of(0, -0, 1e-45, 3.4028234663852886e38, -1 / 3),
      shifted = new Uint8Array(21);
    shifted.set(new Uint8Array(values.buffer), 1);
    expect(bitsOf(decode(shifted.subarray(1), 'f32', 5))).toEqual(bitsOf(values));
    expect(decode(encodeNumbers(values, 'f32', range), 'f32', 5)).toEqual(values);
  });

  it('is refused when it is not finite, both ways', () => {
    const bad = Float32Array.of(0, 1, Number.NaN);
    for (const act of [() => decode(new Uint8Array(bad.buffer), 'f32', 3), () => encodeNumbers(bad, 'f32', range)])
      expect(act).toThrow(
        expect.objectContaining({ code: 'ORZ_NOT_FINITE', message: expect.stringContaining('NaN at element 102') }),
      );
  });
});
