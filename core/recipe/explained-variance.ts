import { zip } from '../arrays.js';
import { requireSameLength } from './check.js';
import { explainedVarianceNotFinite } from './errors.js';
import { moments } from './whiten.js';

/**
 * Share of the variance of the returns that the critic's values explain, over all response tokens of [B][T] arrays.
 *
 *     1 − Var(returns − values) / Var(returns)
 *
 * 1 is a perfect critic, 0 one no better than a constant, below 0 one that is worse. Null where it is undefined: no
 * token, or returns that are all equal.
 */
export function explainedVariance(values: readonly Float32Array[], returns: readonly Float32Array[]): number | null {
  requireSameLength('explainedVariance', values, returns);
  for (const [value, row, b] of zip(values, returns)) requireSameLength(`explainedVariance, rollout ${b}`, value, row);
  const { count, variance } = moments(returns);
  if (count === 0 || isConstant(returns)) return null;
  const share = 1 - errorVariance(values, returns, count) / variance;
  if (Number.isFinite(share)) return share;
  throw explainedVarianceNotFinite(share);
}

/** Variance of returns − values over all entries in float64, two passes, without an array of the differences. */
function errorVariance(values: readonly Float32Array[], returns: readonly Float32Array[], count: number): number {
  const reduce = (of: (error: number) => number): number => {
    let sum = 0;
    for (const [value, row] of zip(values, returns)) for (const [v, r] of zip(value, row)) sum += of(r - v);
    return sum / count;
  };
  const mean = reduce((error) => error);
  return reduce((error) => (error - mean) * (error - mean));
}

/** Equal entries need an exact test: a mean of many equal floats can be off by rounding and leave a tiny variance. */
function isConstant(rows: readonly Float32Array[]): boolean {
  const first = rows.find((row) => row.length > 0)?.[0];
  return rows.every((row) => row.every((x) => x === first));
}
