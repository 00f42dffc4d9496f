import { elementAt } from '../arrays.js';
import { statisticsInputError } from './errors.js';
import { type Estimate, meanEstimate } from './intervals.js';

/**
 * Mean of a − b over pairs (the same questions for two models, or the same seeds for two recipes), with the interval of
 * the paired t-test. `a` and `b` hold one mean per question or seed, in the same order.
 */
export function pairedDifference(a: readonly number[], b: readonly number[]): Estimate {
  if (a.length !== b.length) throw statisticsInputError('Pairs need equal counts', [a.length, b.length]);
  return meanEstimate(a.map((value, i) => value - elementAt(b, i)));
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
