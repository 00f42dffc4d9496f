import { statisticsInputError } from './errors.js';
import { studentQuantile } from './student-t.js';

export interface Estimate {
  readonly mean: number;
  /** Bounds of the 95 % interval; null where the data cannot say how uncertain the mean is. */
  readonly interval: readonly [low: number, high: number] | null;
}

/**
 * Mean over independent units (questions, seeds) with mean ± t(0.975, m − 1) · s / √m. No interval for one unit, nor
 * for equal values, whose standard error of 0 would promise more than is known.
 */
export function meanEstimate(values: readonly number[]): Estimate {
  const { mean, variance } = moments(values);
  if (!(variance > 0)) return { mean, interval: null };
  const half = criticalT(values.length) * Math.sqrt(variance / values.length);
  return { mean, interval: [mean - half, mean + half] };
}

/**
 * Mean of per-question shares in [0, 1], from `samples` responses in all. The interval is Wilson's score interval
 * with n and z replaced: n by the effective sample size p(1 − p) / SE², where SE is the standard error between
 * questions, and z by t(0.975, m − 1) (after Dean and Pagano, "Evaluating confidence interval methods for binomial
 * proportions in clustered surveys", JSSAM 2015). The effective size lies between m − 1, its value when the samples of
 * a question always agree, and `samples`; it is m − 1 where all questions have equal shares. So the interval stays in
 * [0, 1] and always has width; one question has none.
 *
 * Questions unlike all those seen may exist: a share u of them stays unseen among m with chance (1 − u)^m, which is
 * 2.5 % at u = 1 − 0.025^(1 / m). The interval reaches at least as far as if that share were all right, or all wrong,
 * beyond the best or the worst seen. Otherwise 30 hard questions would hide that one in 20 is easy.
 */
export function shareEstimate(shares: readonly number[], samples: number): Estimate {
  const { mean, variance } = moments(shares);
  if (shares.some((share) => share < 0 || share > 1)) throw statisticsInputError('A share lies in [0, 1]', shares);
  const count = shares.length;
  if (count < 2) return { mean, interval: null };
  const ratio = variance > 0 ? (mean * (1 - mean) * count) / variance : 0;
  const size = Math.max(count - 1, Math.min(ratio, samples));
  const square = criticalT(count) ** 2;
  const centre = (mean + square / (2 * size)) / (1 + square / size);
  const spread = Math.sqrt((mean * (1 - mean)) / size + square / (4 * size * size));
  const half = (Math.sqrt(square) * spread) / (1 + square / size);
  const unseen = 1 - 0.025 ** (1 / count);
  const low = Math.min(centre - half, mean - unseen * Math.min(...shares));
  const high = Math.max(centre + half, mean + unseen * (1 - Math.max(...shares)));
  return { mean, interval: [Math.max(0, Math.min(mean, low)), Math.min(1, Math.max(mean, high))] };
}

/**
 * Mean of all values of unequal clusters (lengths of the right responses of each question): Σ values / count, with the
 * cluster-robust standard error √(m / (m − 1) · Σᵢ (Σⱼ (xᵢⱼ − mean))²) / N, as `cov_type="cluster"` of statsmodels for
 * an intercept alone, and t(0.975, m − 1). Null without values.
 */
export function clusteredMean(clusters: readonly (readonly number[])[]): Estimate | null {
  const filled = clusters.filter((cluster) => cluster.length > 0);
  const count = filled.reduce((total, cluster) => total + cluster.length, 0);
  if (count === 0) return null;
  const mean = filled.reduce((total, cluster) => total + sum(cluster), 0) / count;
  const squares = filled.reduce((total, cluster) => total + (sum(cluster) - cluster.length * mean) ** 2, 0);
  if (filled.length < 2 || squares === 0) return { mean, interval: null };
  const error = Math.sqrt((filled.length / (filled.length - 1)) * squares) / count;
  const half = criticalT(filled.length) * error;
  return { mean, interval: [mean - half, mean + half] };
}

const criticalT = (units: number): number => studentQuantile(0.025, units - 1);

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function moments(values: readonly number[]): { mean: number; variance: number } {
  if (values.length === 0) throw statisticsInputError('A mean needs at least one value', values);
  if (!values.every(Number.isFinite)) throw statisticsInputError('A mean needs finite values', values);
  if (values.every((value) => value === values[0])) return { mean: Number(values[0]), variance: 0 };
  const mean = sum(values) / values.length;
  return { mean, variance: values.reduce((total, value) => total + (value - mean) ** 2, 0) / (values.length - 1) };
}
