import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../core/random.js';
import { exponentials } from '../../../plugins/backend-onnx/host/exponentials.js';
import { blockElements } from '../../../plugins/backend-onnx/host/wasm/exponentials.js';

const { uniform } = createRandom(3).stream('exponentials');

const fromBits = (high: number, low: number): number => new Float64Array(Uint32Array.of(low, high).buffer)[0]!;

/** `exp` of FDLIBM for x ≤ 0, with the branches of the original. */
function fdlibmExp(x: number): number {
  if (x < -745.1332191019411) return 0;
  if (Number.isNaN(x)) return x;
  const size = Math.abs(x);
  if (size < 2 ** -28) return 1 + x;
  let k = 0;
  if (size >= fromBits(0x3fd62e43, 0))
    k = size < fromBits(0x3ff0a2b2, 0) ? -1 : Math.trunc(1.4426950408889634 * x - 0.5);
  const high = x - k * fromBits(0x3fe62e42, 0xfee00000),
    low = k * fromBits(0x3dea39ef, 0x35793c76);
  const r = high - low,
    t = r * r;
  const p = [1.66666666666666019037e-1, -2.77777777770155933842e-3, 6.61375632143793436117e-5] as const;
  const [p4, p5] = [-1.6533902205465252e-6, 4.13813679705723846039e-8];
  const c = r - t * (p[0] + t * (p[1] + t * (p[2] + t * (p4 + t * p5))));
  if (k === 0) return 1 - ((r * c) / (c - 2) - r);
  const y = 1 - (low - (r * c) / (2 - c) - high);
  return k >= -1021 ? y * 2 ** k : y * 2 ** (k + 1000) * 2 ** -1000;
}

/** Steps between neighbouring doubles that lie between two positive numbers. */
function steps(a: number, b: number): number {
  const bits = (x: number): bigint => new BigInt64Array(Float64Array.of(x).buffer)[0]!;
  return Math.abs(Number(bits(a) - bits(b)));
}

function weightsOf(row: Float32Array, top: number, scale: number): Float64Array {
  const weights = new Float64Array(row.length);
  const total = exponentials(row, top, scale, weights);
  expect(
    Object.is(
      total,
      weights.reduce((sum, weight) => sum + weight, 0),
    ),
  ).toBe(true);
  return weights;
}

function requireExact(row: Float32Array, scale: number): void {
  for (const [i, weight] of weightsOf(row, 0, scale).entries()) {
    const x = row[i]! * scale;
    if (!Object.is(weight, fdlibmExp(x))) expect.fail(`exp(${x}) = ${weight}, not ${fdlibmExp(x)}`);
    if (!Number.isNaN(x) && steps(weight, Math.exp(x)) > 1) expect.fail(`exp(${x}) is ${Math.exp(x)} here`);
  }
}

describe('exponentials of a long row', () => {
  it('have the bits of FDLIBM at any size, and lie within one step of Math.exp', () => {
    for (const [n, length] of [256, 257, blockElements, blockElements + 1, 2 * blockElements + 3].entries()) {
      for (const range of [1e-6, 0.5, 2, 40, 800]) {
        const row = Float32Array.from({ length }, (_, i) => -range * uniform(n, i));
        row.set([0, -0, -1e-45, -Infinity, NaN, -3e38], 7);
        for (const scale of [1, 0.3, 2.5]) requireExact(row, scale);
      }
    }
  });

  it('have them around every change of formula', () => {
    for (const edge of [2 ** -28, 0.5 * Math.LN2, 1.5 * Math.LN2, 2.5 * Math.LN2, 708.396, 744.44, 745.1332]) {
      const row = new Float32Array(1000),
        bits = new Uint32Array(row.buffer);
      const middle = new Uint32Array(Float32Array.of(-edge).buffer)[0]!;
      for (let i = 0; i < row.length; i++) bits[i] = middle - 500 + i;
      for (const scale of [1, 1 + 2 ** -30, 1 - 2 ** -40]) requireExact(row, scale);
    }
  });

  it('are those of a short row, relative to its top', () => {
    const row = Float32Array.from({ length: 200 }, (_, i) => 9 * uniform(99, i));
    const long = new Float32Array(400).fill(-5);
    long.set(row);
    expect(weightsOf(long, 9, 0.7).subarray(0, 200)).toEqual(weightsOf(row, 9, 0.7));
  });
});
