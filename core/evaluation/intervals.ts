import { statisticsInputError } from './errors.js';
import { studentQuantile, studentTail } from './student-t.js';

export interface Estimate {
  readonly mean: number;
  /** Bounds of the 95 % interval; null where the data cannot say how uncertain the mean is. */
  readonly interval: readonly [low: number, high: number] | null;
}

/**
 * Mean over independent units (questions, seeds) with mean ± t(1 − tail, m − 1) · s / √m. `tail` is the probability
 * beyond each bound, 0.025 for 95 %. No interval for one unit, nor for equal values, whose standard error of 0 would
 * promise more than is known.
 */
export function meanEstimate(values: readonly number[], tail = sideTail): Estimate {
  const { mean, variance } = moments(values);
  if (!(variance > 0)) return { mean, interval: null };
  const half = studentQuantile(tail, values.length - 1) * Math.sqrt(variance / values.length);
  return { mean, interval: [mean - half, mean + half] };
}

/**
 * Mean of per-question shares in [0, 1], from `samples` responses in all. The interval is Wilson's score interval
 * with n and z replaced: n by the effective sample size p(1 − p) / SE², where SE is the standard error between
 * questions, and z by a quantile of Student's t (after Dean and Pagano, "Evaluating confidence interval methods for
 * binomial proportions in clustered surveys", JSSAM 2015). The effective size n lies between m − 1, its value when the
 * samples of a question always agree, and `samples`; it is m − 1 where all questions have equal shares. So the interval
 * stays in [0, 1] and always has width; one question has none. t has (m − 1) / (1 − (m − 1) / n) degrees of freedom:
 * m − 1 where the variance is estimated from the shares alone, no limit where every share is 0 or 1 and the mean says
 * what the variance is.
 *
 * Questions unlike all those seen may exist: a share u of them stays unseen among m with chance (1 − u)^m, which is
 * 2.5 % at u = 1 − 0.025^(1 / m). The interval reaches at least as far as if that share were all right, or all wrong,
 * beyond the best or the worst seen. Otherwise 30 hard questions would hide that one in 20 is easy. Where this moves
 * one bound out, so that less than 2.5 % is left beyond it, the other bound moves in by as much probability: a bound
 * that is never missed would make the interval cover more than 95 %.
 */
export function shareEstimate(shares: readonly number[], samples: number): Estimate {
  const { mean, variance } = moments(shares);
  if (shares.some((share) => share < 0 || share > 1)) throw statisticsInputError('A share lies in [0, 1]', shares);
  const count = shares.length;
  if (count < 2) return { mean, interval: null };
  const ratio = variance > 0 ? (mean * (1 - mean) * count) / variance : 0;
  const size = Math.max(count - 1, Math.min(ratio, samples));
  const unseen = 1 - sideTail ** (1 / count);
  const low = mean - unseen * shares.reduce((least, share) => Math.min(least, share), 1);
  const high = mean + unseen * (1 - shares.reduce((most, share) => Math.max(most, share), 0));
  const degrees = Math.min(maxDegrees, (count - 1) / (1 - (count - 1) / size));
  return { mean, interval: shareInterval({ mean, size, degrees }, low, high) };
}

/** Probability beyond each bound of a 95 % interval. */
export const sideTail = 0.025;

/** With so many degrees of freedom t is the normal quantile within 1 in 8,000. */
const maxDegrees = 10_000;

interface ScoreInterval {
  readonly mean: number;
  /** Effective number of responses. */
  readonly size: number;
  readonly degrees: number;
}

/** Wilson's interval that reaches at least from `low` to `high`. */
function shareInterval(score: ScoreInterval, low: number, high: number): readonly [number, number] {
  const t = criticalT(score.degrees);
  const wilson = [wilsonBound(score, -1, t), wilsonBound(score, 1, t)] as const;
  const [lowMoves, highMoves] = [low < wilson[0], high > wilson[1]];
  const rest = (beyond: number): number => studentQuantile(2 * sideTail - tailBeyond(score, beyond), score.degrees);
  const bounds = [
    highMoves && !lowMoves ? wilsonBound(score, -1, rest(high)) : Math.min(low, wilson[0]),
    lowMoves && !highMoves ? wilsonBound(score, 1, rest(low)) : Math.max(high, wilson[1]),
  ] as const;
  return [clamp(Math.min(score.mean, bounds[0])), clamp(Math.max(score.mean, bounds[1]))];
}

function wilsonBound({ mean, size }: ScoreInterval, sign: 1 | -1, t: number): number {
  const spread = Math.sqrt((mean * (1 - mean)) / size + (t * t) / (4 * size * size));
  return (mean + (t * t) / (2 * size) + sign * t * spread) / (1 + (t * t) / size);
}

/** The tail for which Wilson's bound would be `bound`. */
function tailBeyond({ mean, size, degrees }: ScoreInterval, bound: number): number {
  const variance = (bound * (1 - bound)) / size;
  return variance > 0 ? studentTail(Math.abs(bound - mean) / Math.sqrt(variance), degrees) : 0;
}

const clamp = (share: number): number => Math.max(0, Math.min(1, share));

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
  const half = criticalT(filled.length - 1) * error;
  return { mean, interval: [mean - half, mean + half] };
}

const criticalT = (degrees: number): number => studentQuantile(sideTail, degrees);

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function moments(values: readonly number[]): { mean: number; variance: number } {
  if (values.length === 0) throw statisticsInputError('A mean needs at least one value', values);
  if (!values.every(Number.isFinite)) throw statisticsInputError('A mean needs finite values', values);
  if (values.every((value) => value === values[0])) return { mean: Number(values[0]), variance: 0 };
  const mean = sum(values) / values.length;
  return { mean, variance: values.reduce((total, value) => total + (value - mean) ** 2, 0) / (values.length - 1) };
}
