import { requireFinite, type Numbers } from './check.js';

/** Smallest variance that is divided by, as in the reference; keeps a batch of equal advantages at zero. */
const varianceFloor = 1e-8;

export interface Whitened {
  /** [B][T] (x − mean) / std. */
  readonly values: Float32Array[];
  /** Before whitening, over all tokens of all rollouts; 0 for a batch without tokens. */
  readonly mean: number;
  /** Population standard deviation, at least 1e-4 (the root of the variance floor). */
  readonly std: number;
}

/**
 * Advantages shifted and scaled over all N response tokens of the step, so that a long response counts by its tokens.
 *
 *     mean = Σ x / N      std = √max(Σ (x − mean)² / N, 1e-8)      x' = (x − mean) / std
 *
 * Only rollouts that are `counted` decide on mean and std, all if absent. Source: ORZ paper §3.1 (batch-level advantage
 * normalisation); released code `normalize_advantages`. Departure: the result stays float32, the reference rounds it to
 * bfloat16. Throws ORZ_NOT_FINITE, since one NaN would spread to every token.
 */
export function whiten(perRollout: readonly Float32Array[], counted?: readonly boolean[]): Whitened {
  requireFinite('advantage', perRollout);
  const { mean, variance } = moments(counted ? perRollout.filter((_, b) => counted[b]) : perRollout);
  const std = Math.sqrt(Math.max(variance, varianceFloor));
  return { values: perRollout.map((row) => row.map((x) => (x - mean) / std)), mean, std };
}

export interface Moments {
  readonly count: number;
  readonly mean: number;
  /** Population variance. */
  readonly variance: number;
}

/** Mean and population variance over all entries in float64, two passes; zeros where there are none. */
export function moments(rows: readonly Numbers[]): Moments {
  const reduce = (of: (x: number) => number): number => {
    let sum = 0;
    for (const row of rows) for (const x of row) sum += of(x);
    return sum;
  };
  const count = rows.reduce((n, row) => n + row.length, 0);
  if (count === 0) return { count, mean: 0, variance: 0 };
  const mean = reduce((x) => x) / count;
  return { count, mean, variance: reduce((x) => (x - mean) * (x - mean)) / count };
}
