import { type Estimate, meanEstimate, sideTail } from '../evaluation/intervals.js';
import { zip } from '../arrays.js';
import { verdictOf, type ArmDifference } from './verdict.js';

/** One outcome of all runs of an arm, in the order of the seeds; null where a run has no such number. */
export interface ArmValues {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

export interface ArmComparison extends ArmValues {
  /** Null where no run has a number. */
  readonly mean: Estimate | null;
  /** Null of the main arm, and where no seed has a number of both. */
  readonly difference: ArmDifference | null;
  /** Null of the main arm. */
  readonly verdict: string | null;
}

/**
 * The arms of a study by one outcome; the first is the main arm. The mean of an arm has the 95 % interval of Student's
 * t over seeds. The difference of another arm to the main one is paired by seed: with the same seed both meet the same
 * problems in the same order, so what a seed does to both cancels. With k other arms its interval is one of
 * 1 − 0.05 / k (Bonferroni), so that all k intervals of an outcome hold at once in 95 % of studies, and arms that are
 * equal are told apart in at most 5 %.
 */
export function compareArms(arms: readonly ArmValues[]): ArmComparison[] {
  const [main, ...others] = arms;
  if (main === undefined) return [];
  const tail = sideTail / Math.max(1, others.length);
  return [
    { ...main, mean: meanOf(main.values), difference: null, verdict: null },
    ...others.map((arm) => {
      const difference = pairedBySeed(arm.values, main.values, tail);
      return { ...arm, mean: meanOf(arm.values), difference, verdict: verdictOf(arm.name, difference) };
    }),
  ];
}

function meanOf(values: readonly (number | null)[]): Estimate | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : meanEstimate(known);
}

function pairedBySeed(
  values: readonly (number | null)[],
  main: readonly (number | null)[],
  tail: number,
): ArmDifference | null {
  const pairs = [...zip(values, main)].flatMap(([a, b]) => (a === null || b === null ? [] : [[a, b] as const]));
  if (pairs.length === 0) return null;
  const size = pairs.flat().reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const differences = withoutRounding(
    pairs.map(([a, b]) => a - b),
    size,
  );
  return { ...meanEstimate(differences, tail), pairs: pairs.length };
}

/** Far above the rounding of a difference, as a share of what is subtracted, and far below any figure. */
const rounding = 1e-12;

/** Differences that only rounding tells apart, made equal: an interval as narrow as rounding would promise too much. */
function withoutRounding(differences: readonly number[], size: number): readonly number[] {
  const [first = 0] = differences;
  return differences.every((each) => Math.abs(each - first) <= rounding * size)
    ? differences.map(() => first)
    : differences;
}
