import type { Estimate } from '../evaluation/intervals.js';

/** Another arm minus the main arm. */
export interface ArmDifference extends Estimate {
  /** Seeds for which both arms have a number. */
  readonly pairs: number;
}

/** What a difference to the main arm says, as a sentence without a full stop. */
export function verdictOf(arm: string, difference: ArmDifference | null): string {
  if (difference === null) return 'not comparable: no seed has this outcome in both arms';
  const { mean, interval, pairs } = difference;
  const format = formatterFor(difference);
  const direction = mean > 0 ? 'higher' : 'lower';
  if (interval === null) {
    const seen = `${arm} is ${describe(mean, direction, format)}`;
    if (pairs === 1) return `no verdict from one seed, with which ${seen}`;
    return mean === 0
      ? `no difference seen (equal with each of ${pairs} seeds)`
      : `no verdict: ${seen} with each of ${pairs} seeds alike, which gives no interval`;
  }
  const [low, high] = interval;
  if (low > 0) return `${arm} is higher by ${format(mean)} (${format(low)} to ${format(high)})`;
  if (high < 0) return `${arm} is lower by ${format(-mean)} (${format(-high)} to ${format(-low)})`;
  return `no difference seen (${format(low)} to ${format(high)})`;
}

const describe = (mean: number, direction: string, format: (value: number) => string): string =>
  mean === 0 ? 'equal' : `${direction} by ${format(Math.abs(mean))}`;

/** `0.41 ± 0.03`; the mean alone where there is no interval. */
export function estimateText(estimate: Estimate | null): string {
  if (estimate === null) return '–';
  const { mean, interval } = estimate;
  const format = formatterFor(estimate);
  return interval === null ? format(mean) : `${format(mean)} ± ${format((interval[1] - interval[0]) / 2)}`;
}

/** `−0.31 (−0.40 to −0.22)`; the mean alone where there is no interval. */
export function differenceText(difference: ArmDifference | null): string {
  if (difference === null) return '–';
  const { mean, interval } = difference;
  const format = formatterFor(difference);
  return interval === null ? format(mean) : `${format(mean)} (${format(interval[0])} to ${format(interval[1])})`;
}

/** Places after the point where no interval says how many count. */
const plainDigits = 3;
const maxDigits = 8;

/**
 * As many places as the interval bears: one significant digit of its half width, two where that begins with 1 or 2, in
 * which one digit would be a coarse rounding.
 */
function formatterFor({ interval, mean }: Estimate): (value: number) => string {
  const half = interval === null ? 0 : (interval[1] - interval[0]) / 2;
  const digits = half > 0 ? placesFor(half) : Math.abs(mean) >= 100 ? 1 : plainDigits;
  return (value) => {
    const shown = value.toFixed(digits);
    return (Number(shown) === 0 ? (0).toFixed(digits) : shown).replace('-', '−');
  };
}

function placesFor(half: number): number {
  const power = Math.floor(Math.log10(half));
  const leading = half / 10 ** power;
  return Math.max(0, Math.min(maxDigits, -power + (leading < 3 ? 1 : 0)));
}
