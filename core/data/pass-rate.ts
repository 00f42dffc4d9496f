import type { Problem } from '../contracts/data.js';
import { noPassRate } from './errors.js';

/** Under this name the metadata of a problem have the share of sampled responses that were right. */
export const passRateField = 'pass_rate';

/**
 * The pass rate of a problem, 0 … 1. A table may have it with fewer digits than a double, which then is text. Throws
 * ORZ_DATA_REJECTED for a problem without one.
 */
export function passRateOf(problem: Problem): number {
  const value = problem.metadata?.[passRateField];
  const rate = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '') ? Number(value) : NaN;
  if (rate >= 0 && rate <= 1) return rate;
  throw noPassRate(problem.id, value);
}
