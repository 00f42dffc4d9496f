import { elementAt } from '../arrays.js';
import { statisticsInputError } from './errors.js';
import { type Estimate, meanEstimate } from './intervals.js';
import { studentQuantile } from './student-t.js';

/**
 * Mean of a − b over pairs (the same questions for two models, or the same seeds for two recipes). `a` and `b` hold one
 * mean per question or seed, in the same order. The interval is that of the paired t-test, widened where Hall's
 * transformation for skewed values ("On the removal of skewness by transformation", JRSS B 1992) reaches further: where
 * a few questions make the difference, the t interval alone covers far less than 95 %. It never is narrower than the
 * t interval, so that models which do not differ seldom seem to.
 */
export function pairedDifference(a: readonly number[], b: readonly number[]): Estimate {
  if (a.length !== b.length) throw statisticsInputError('Pairs need equal counts', [a.length, b.length]);
  const differences = a.map((value, i) => value - elementAt(b, i));
  const { mean, interval } = meanEstimate(differences);
  if (interval === null) return { mean, interval };
  const [low, high] = skewedInterval(differences, mean);
  return { mean, interval: [Math.min(interval[0], low), Math.max(interval[1], high)] };
}

/**
 * Hall's interval: mean − g(±t) · s / √m with g(t) = 3/a · (∛(1 + a(t − a/6)) − 1) and a = skewness / √m. Heavy tails
 * make s uncertain: t has 2m / (kurtosis − (m − 3)/(m − 1)) degrees of freedom (Satterthwaite), from 2 to m − 1.
 */
function skewedInterval(values: readonly number[], mean: number): readonly [number, number] {
  const count = values.length;
  const moment = (power: number): number => values.reduce((sum, value) => sum + (value - mean) ** power, 0) / count;
  const variance = moment(2);
  const a = moment(3) / variance ** 1.5 / Math.sqrt(count);
  const excess = Math.max(0.5, moment(4) / variance ** 2 - (count - 3) / (count - 1));
  const t = studentQuantile(0.025, Math.max(Math.min(2, count - 1), Math.min(count - 1, (2 * count) / excess)));
  const error = Math.sqrt(variance / (count - 1));
  // Below 1e-6 the transformation is the identity, and its formula only rounding.
  const g = (q: number): number => (Math.abs(a) < 1e-6 ? q : (3 / a) * (Math.cbrt(1 + a * (q - a / 6)) - 1));
  return [mean - g(t) * error, mean - g(-t) * error];
}

/** The difference of two shares as a sentence; bounds are percentage points. */
export function describeDifference({ mean, interval }: Estimate, a: string, b: string): string {
  if (interval === null) return `Too little data to compare ${a} and ${b}.`;
  const [low, high] = interval;
  if (low > 0) return `${a} is better by ${points(mean)} points, ${points(low)} to ${points(high)}.`;
  if (high < 0) return `${b} is better by ${points(-mean)} points, ${points(-high)} to ${points(-low)}.`;
  return `No difference seen: ${a} minus ${b} is ${points(mean)} points, ${points(low)} to ${points(high)}.`;
}

const points = (share: number): string => (100 * share).toFixed(1);
