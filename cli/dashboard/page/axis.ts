import { formatNumber } from './format.js';

/**
 * A curve that varies by less than this share of its size is drawn as a level line: rounding of single precision (6e-8)
 * is no variation, and uPlot, which takes decimals like 0.9999999 for rounding errors of its own, never finishes
 * looking for ticks between values that are so close.
 */
const levelShare = 1e-6;

/** Share of the variation that is left free above and below. */
const margin = 0.08;

/** Bottom and top of an axis. */
export type Range = readonly [bottom: number, top: number];

/** Share of a given range that is left free above and below it, so that a curve at its end can be seen. */
const edge = 0.02;

/**
 * The range of a linear axis: what is to be shown in any case, and more where the curves go beyond it. Without such a
 * range a level curve lies in the middle, and a margin does not cross 0. Null means no values.
 */
export function linearRange(minimum: number | null, maximum: number | null, atLeast?: Range): [number, number] {
  const fitted = fittedRange(minimum, maximum);
  if (atLeast === undefined) return fitted;
  const [low, high] = atLeast;
  const free = edge * (high - low);
  return [
    minimum !== null && minimum < low ? fitted[0] : low - free,
    maximum !== null && maximum > high ? fitted[1] : high + free,
  ];
}

function fittedRange(minimum: number | null, maximum: number | null): [number, number] {
  if (minimum === null || maximum === null) return [0, 1];
  const [size, variation] = [Math.max(Math.abs(minimum), Math.abs(maximum)), maximum - minimum];
  if (size === 0) return [0, 1];
  if (variation <= levelShare * size) return [(minimum + maximum - size) / 2, (minimum + maximum + size) / 2];
  const [bottom, top] = [minimum - margin * variation, maximum + margin * variation];
  return [minimum >= 0 ? Math.max(0, bottom) : bottom, maximum <= 0 ? Math.min(0, top) : top];
}

/** Steps of an axis of whole numbers: iterations or tokens. */
export const wholeSteps = [1, 2, 5]
  .flatMap((step) => [0, 1, 2, 3, 4, 5, 6].map((power) => step * 10 ** power))
  .sort((a, b) => a - b);

/** Labels of ascending ticks, with enough digits to tell neighbours apart. Null is a tick without a label. */
export function tickLabels(ticks: readonly (number | null)[]): string[] {
  const step = smallestStep(ticks.filter((tick) => tick !== null));
  return ticks.map((tick) => {
    if (tick === null) return '';
    return tick === 0 ? '0' : formatNumber(tick, Math.ceil(Math.log10(Math.abs(tick) / step)) + 1);
  });
}

/** The smallest difference of neighbours among ascending values; infinite for fewer than two. */
function smallestStep(values: readonly number[]): number {
  let [smallest, previous] = [Infinity, -Infinity];
  for (const value of values) {
    smallest = Math.min(smallest, value - previous);
    previous = value;
  }
  return smallest;
}
