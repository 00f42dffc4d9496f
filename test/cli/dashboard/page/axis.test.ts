import { describe, expect, it } from 'vitest';
import { linearRange, tickLabels } from '../../../../cli/dashboard/page/axis.js';

/** How far apart single precision lies at 1. */
const rounding = 2 ** -23;

describe('the range of an axis', () => {
  it('has curves in it, never empty, however close their values lie', () => {
    const mantissas = [1, 1.2345678, 3, 7.89, 9.999999];
    const powers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
    for (const size of powers(-12, 12).flatMap((power) => mantissas.map((mantissa) => mantissa * 10 ** power)))
      for (const sign of [1, -1])
        for (const share of [0, ...powers(-52, 4).map((power) => 2 ** power)]) {
          const [least, greatest] = [sign * size, sign * size + share * size];
          const [bottom, top] = linearRange(least, greatest);
          expect(bottom).toBeLessThanOrEqual(least);
          expect(top).toBeGreaterThanOrEqual(greatest);
          // Far beyond what doubles tell apart: ticks between them can be counted.
          expect(top - bottom).toBeGreaterThan(1e-7 * Math.max(Math.abs(bottom), Math.abs(top)));
        }
  });

  it('shows a curve of rounding errors as level, and a small movement as one', () => {
    expect(linearRange(1 - rounding / 2, 1 + rounding)).toEqual([expect.closeTo(0.5, 6), expect.closeTo(1.5, 6)]);
    expect(linearRange(1, 1)).toEqual([0.5, 1.5]);
    expect(linearRange(-2, -2)).toEqual([-3, -1]);
    const [bottom, top] = linearRange(1, 1.0001);
    expect(top - bottom).toBeLessThan(0.0002);
    expect(linearRange(0.01, 2)[0]).toBe(0);
    expect(linearRange(-2, -0.01)[1]).toBe(0);
  });

  it('without values or with zeros only goes from 0 to 1', () => {
    expect(linearRange(null, null)).toEqual([0, 1]);
    expect(linearRange(0, 0)).toEqual([0, 1]);
  });
});

describe('the range of an axis of shares', () => {
  const share = [0, 1] as const;

  it('shows a small share as small', () => {
    expect(linearRange(0.001, 0.002, share)).toEqual([-0.02, 1.02]);
    expect(linearRange(0, 1, share)).toEqual([-0.02, 1.02]);
    expect(linearRange(null, null, share)).toEqual([-0.02, 1.02]);
  });

  it('is extended by values beyond it, and only there', () => {
    const [bottom, top] = linearRange(-3, 0.5, share);
    expect([bottom < -3, top]).toEqual([true, 1.02]);
    expect(linearRange(0.2, 7, share)[0]).toBe(-0.02);
    expect(linearRange(0.2, 7, share)[1]).toBeGreaterThan(7);
  });
});

describe('labels of ticks', () => {
  it('are short, and tell neighbours apart', () => {
    expect(tickLabels([0, 0.5, 1])).toEqual(['0', '0.5', '1']);
    expect(tickLabels([3.4552, 3.4554, 3.4556])).toEqual(['3.4552', '3.4554', '3.4556']);
    expect(tickLabels([20_000, 40_000])).toEqual(['20k', '40k']);
    expect(tickLabels([1_000_100, 1_000_200])).toEqual(['1.0001M', '1.0002M']);
    expect(tickLabels([1e-5, 1e-4, 1e-3, null, 0.01])).toEqual(['1.0e-5', '1.0e-4', '0.001', '', '0.01']);
    expect(tickLabels([-0.02, 0, 0.02])).toEqual(['-0.02', '0', '0.02']);
    expect(tickLabels([])).toEqual([]);
    expect(tickLabels([0.7])).toEqual(['0.7']);
  });
});
