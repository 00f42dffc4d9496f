import type { StudyOutcome } from './study.js';

/** A metric of one run over its iterations; null where it was not computed, or was no finite number. */
export interface Curve {
  /** Ascending; 0 is the evaluation before training. */
  readonly iterations: readonly number[];
  readonly values: readonly (number | null)[];
}

/** The number that stands for a curve in a study; null where the curve has none at that moment. */
export function outcomeOf({ iterations, values }: Curve, at: StudyOutcome['at']): number | null {
  const known = values.filter((value) => value !== null);
  if (at === 'last') return known.at(-1) ?? null;
  if (at === 'first') return known[0] ?? null;
  const first = (iterations.at(-1) ?? 0) - at.lastIterations;
  const late = values.filter((value, i) => value !== null && (iterations[i] ?? 0) > first) as number[];
  return late.length === 0 ? null : late.reduce((sum, value) => sum + value, 0) / late.length;
}
