import { describe, expect, it } from 'vitest';
import { explainedVariance } from '../../../core/recipe/explained-variance.js';
import { groupStatistics } from '../../../core/recipe/group-statistics.js';
import { passAtK } from '../../../core/recipe/pass-at-k.js';

describe('groupStatistics', () => {
  it('gives members, mean and population deviation of interleaved groups', () => {
    const groups = groupStatistics([1, 5, 0, 5, 1, 2], [3, 8, 3, 8, 3, 8]);
    expect([...groups.keys()]).toEqual([3, 8]);
    expect(groups.get(3)).toMatchObject({ members: [0, 2, 4], mean: 2 / 3 });
    expect(groups.get(3)!.std).toBeCloseTo(Math.sqrt(2 / 9), 12);
    expect(groups.get(8)).toMatchObject({ members: [1, 3, 5], mean: 4 });
    expect(groups.get(8)!.std).toBeCloseTo(Math.sqrt(2), 12);
  });

  it('equal rewards have deviation exactly 0 although their mean is rounded', () => {
    // 0.1 + 0.1 + 0.1 divided by 3 is not 0.1 in floating point
    expect(groupStatistics([0.1, 0.1, 0.1], [0, 0, 0]).get(0)).toEqual({ members: [0, 1, 2], mean: 0.1, std: 0 });
  });

  it('rejects rewards that do not line up with the groups', () => {
    expect(() => groupStatistics([1], [0, 0])).toThrow(expect.objectContaining({ code: 'ORZ_INTERNAL' }));
  });
});

describe('explainedVariance', () => {
  const returns = [Float32Array.of(1, 1, 1), Float32Array.of(0), new Float32Array(0)];

  it('is 1 for exact values, 1 also with a constant offset, 0 for a constant', () => {
    expect(explainedVariance(returns, returns)).toBe(1);
    expect(
      explainedVariance(
        returns.map((row) => row.map((x) => x + 0.5)),
        returns,
      ),
    ).toBe(1);
    expect(
      explainedVariance(
        returns.map((row) => row.fill.call(row.slice(), 0.3)),
        returns,
      ),
    ).toBeCloseTo(0, 6);
  });

  it('agrees with a case worked by hand', () => {
    // returns 1 1 1 0: variance 3/16; errors 0.5 1 1 0: mean 0.625, variance 0.171875
    expect(
      explainedVariance([Float32Array.of(0.5, 0, 0), Float32Array.of(0), new Float32Array(0)], returns),
    ).toBeCloseTo(1 - 0.171875 / 0.1875, 6);
  });

  it('is negative for values that mislead', () => {
    expect(explainedVariance([Float32Array.of(0, 0, 0), Float32Array.of(1), new Float32Array(0)], returns)).toBeCloseTo(
      -3,
      6,
    );
  });

  it('is null where it is undefined', () => {
    const equal = [Float32Array.of(0.1, 0.1), Float32Array.of(0.1)];
    expect(
      explainedVariance(
        equal.map((row) => row.map(() => 0.5)),
        equal,
      ),
    ).toBeNull();
    expect(explainedVariance([], [])).toBeNull();
    expect(explainedVariance([new Float32Array(0)], [new Float32Array(0)])).toBeNull();
  });

  it('rejects arrays that do not line up and numbers that are not finite', () => {
    expect(() => explainedVariance([Float32Array.of(1)], [Float32Array.of(1, 0)])).toThrow(
      expect.objectContaining({ code: 'ORZ_INTERNAL' }),
    );
    expect(() => explainedVariance([Float32Array.of(Number.NaN, 0)], [Float32Array.of(1, 0)])).toThrow(
      expect.objectContaining({ code: 'ORZ_NOT_FINITE' }),
    );
  });
});

describe('passAtK', () => {
  /** Share of the k-subsets of n samples that hold one of the c correct ones, by listing them. */
  function byEnumeration(n: number, c: number, k: number): number {
    let all = 0,
      hit = 0;
    for (let mask = 0; mask < 2 ** n; mask++) {
      const chosen = Array.from({ length: n }, (_, i) => i).filter((i) => mask & (1 << i));
      if (chosen.length !== k) continue;
      all++;
      if (chosen.some((i) => i < c)) hit++;
    }
    return hit / all;
  }

  it('equals the enumeration of all subsets', () => {
    for (let n = 1; n <= 7; n++)
      for (let c = 0; c <= n; c++)
        for (let k = 1; k <= n; k++) expect(passAtK(n, c, k)).toBeCloseTo(byEnumeration(n, c, k), 12);
  });

  it('is the share of correct samples for k = 1 and any correct one for k = n', () => {
    expect(passAtK(64, 16, 1)).toBeCloseTo(0.25, 12);
    expect([passAtK(64, 1, 64), passAtK(64, 0, 64)]).toEqual([1, 0]);
  });

  it('does not overflow for many samples', () => {
    expect(passAtK(100_000, 1, 50_000)).toBeCloseTo(0.5, 9);
  });

  it.each([
    [4, 5, 1],
    [4, 1, 5],
    [4, -1, 1],
    [4, 1, 0],
    [0, 0, 1],
    [4, 1.5, 1],
  ])('rejects %d samples, %d correct, k = %d', (samples, correct, k) => {
    expect(() => passAtK(samples, correct, k)).toThrow(expect.objectContaining({ code: 'ORZ_INTERNAL' }));
  });
});
