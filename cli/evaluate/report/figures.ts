import type { Estimate } from '../../../core/evaluation/intervals.js';

/** A share in percent. */
export const percent = (share: number): string => (100 * share).toFixed(1);

/** `41.3 [36.0, 46.9]` in percent; the mean alone where the data cannot say how uncertain it is. */
export const percentWithInterval = (estimate: Estimate): string => withInterval(estimate, percent);

/** A mean length with its interval, in tokens. */
export const tokensWithInterval = (estimate: Estimate | null): string =>
  estimate === null ? '–' : withInterval(estimate, (tokens) => tokens.toFixed(0));

function withInterval({ mean, interval }: Estimate, format: (value: number) => string): string {
  return interval === null ? format(mean) : `${format(mean)} [${format(interval[0])}, ${format(interval[1])}]`;
}
