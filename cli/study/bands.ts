import { meanEstimate } from '../../core/evaluation/intervals.js';
import type { Curve } from '../../core/study/outcome.js';

/** The mean of some curves at one iteration. */
export interface BandPoint {
  readonly iteration: number;
  readonly mean: number;
  /** 95 % t interval over the curves; the mean itself where there is none. */
  readonly low: number;
  readonly high: number;
}

/** The mean curve of several seeds with its 95 % band, at every iteration at which all seeds have a value. */
export function bandOf(curves: readonly Curve[]): BandPoint[] {
  const valuesAt = new Map<number, number[]>();
  for (const { iterations, values } of curves)
    iterations.forEach((iteration, i) => {
      const value = values[i] ?? null;
      if (value !== null) valuesAt.set(iteration, [...(valuesAt.get(iteration) ?? []), value]);
    });
  return [...valuesAt]
    .filter(([, values]) => values.length === curves.length)
    .sort(([a], [b]) => a - b)
    .map(([iteration, values]) => {
      const { mean, interval } = meanEstimate(values);
      return { iteration, mean, low: interval?.[0] ?? mean, high: interval?.[1] ?? mean };
    });
}
