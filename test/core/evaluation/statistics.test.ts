import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { binomialInterval } from '../../../core/evaluation/binomial-interval.js';
import { clusteredMean, meanEstimate, shareEstimate } from '../../../core/evaluation/intervals.js';
import { majorityAtK } from '../../../core/evaluation/majority.js';
import { describeDifference, pairedDifference } from '../../../core/evaluation/paired-difference.js';
import { studentQuantile } from '../../../core/evaluation/student-t.js';
import { passAtK } from '../../../core/recipe/pass-at-k.js';

interface Recorded {
  quantiles: [number, number, number][];
  passAtK: [number, number, number, number][];
  clusters: number[][];
  clustered: number[];
  a: number[];
  b: number[];
  paired: number[];
  pairedWidened: number[];
  skewed: number[];
  skewedPaired: number[];
  majority: [number, number][];
  binomial: [number, number, number, number][];
  shares: [number[], number, number, number, number][];
}

const file = new URL('../../fixtures/statistics/statistics.json', import.meta.url);
const recorded = JSON.parse(readFileSync(file, 'utf8')) as Recorded;

/** Both sides work in doubles: relative 1e-9 is far above rounding, far below any figure shown. */
function expectClose(actual: number | undefined, expected: number | undefined): void {
  const [a, b] = [actual ?? NaN, expected ?? NaN];
  expect(Math.abs(a - b) / Math.max(1, Math.abs(b))).toBeLessThan(1e-9);
}

describe('statistics of scipy and statsmodels', () => {
  it.each(recorded.quantiles)('t quantile, tail %d, %d degrees', (tail, degrees, expected) => {
    expectClose(studentQuantile(tail, degrees), expected);
  });
  it('pass@k', () => {
    for (const [n, c, k, expected] of recorded.passAtK) expectClose(passAtK(n, c, k), expected);
  });
  it('cluster-robust mean', () => {
    const estimate = clusteredMean(recorded.clusters);
    [estimate?.mean, ...(estimate?.interval ?? [])].forEach((value, i) => {
      expectClose(value, recorded.clustered[i]);
    });
  });
  it.each(recorded.binomial)('Clopper–Pearson interval of %d in %d', (right, samples, ...expected) => {
    binomialInterval(right, samples).forEach((value, i) => {
      expectClose(value, expected[i]);
    });
  });
  it.each(recorded.shares)('share of %j, %d responses', (shares, samples, ...expected) => {
    const { mean, interval } = shareEstimate(shares, samples);
    [mean, ...(interval ?? [])].forEach((value, i) => {
      expectClose(value, expected[i]);
    });
  });
  it('t interval of paired differences', () => {
    const { mean, interval } = meanEstimate(recorded.a.map((value, i) => value - (recorded.b[i] ?? NaN)));
    [mean, ...(interval ?? [])].forEach((value, i) => {
      expectClose(value, recorded.paired[i]);
    });
  });
  it.each([
    ['of a and b', recorded.a, recorded.b, recorded.pairedWidened],
    ['of few questions', recorded.skewed, recorded.skewed.map(() => 0), recorded.skewedPaired],
  ])('paired difference %s', (_, a, b, expected) => {
    const { mean, interval } = pairedDifference(a, b);
    [mean, ...(interval ?? [])].forEach((value, i) => {
      expectClose(value, expected[i]);
    });
  });
  it.each(recorded.majority)('maj@%d by enumeration', (k, expected) => {
    const classes = [3, 2, 2, 1].map((count, i) => ({ count, right: i % 2 === 0 }));
    expectClose(majorityAtK(classes, 10, k), expected);
  });
});

describe('little data', () => {
  it('never gives an interval without width', () => {
    expect(shareEstimate([1], 16).interval).toBeNull();
    expect(meanEstimate([2, 2, 2]).interval).toBeNull();
    expect(clusteredMean([])).toBeNull();
    expect(clusteredMean([[5, 6]])?.interval).toBeNull();
    const [low, high] = shareEstimate(Array<number>(30).fill(0), 480).interval ?? [];
    expect(low).toBe(0);
    expect(high).toBeGreaterThan(0.1);
  });
  it('refuses what has no answer', () => {
    for (const call of [
      () => meanEstimate([]),
      () => meanEstimate([NaN]),
      () => shareEstimate([2, 0], 2),
      () => pairedDifference([1], []),
      () => majorityAtK([], 2, 3),
      () => studentQuantile(0.6, 3),
      () => binomialInterval(3, 2),
      () => binomialInterval(0, 0),
      () => binomialInterval(0.5, 2),
    ])
      expect(call).toThrow(expect.objectContaining({ code: 'ORZ_INTERNAL' }));
  });
});

describe('describeDifference', () => {
  it.each([
    [[0.031, 0.004, 0.058], 'A is better by 3.1 points, 0.4 to 5.8.'],
    [[-0.031, -0.058, -0.004], 'B is better by 3.1 points, 0.4 to 5.8.'],
    [[0.01, -0.02, 0.04], 'No difference seen: A minus B is 1.0 points, -2.0 to 4.0.'],
  ])('%j', ([mean = 0, low = 0, high = 0], sentence) => {
    expect(describeDifference({ mean, interval: [low, high] }, 'A', 'B')).toBe(sentence);
  });
  it('says when there is too little data', () => {
    expect(describeDifference({ mean: 0, interval: null }, 'A', 'B')).toBe('Too little data to compare A and B.');
  });
});
