import { formatNumber } from './format.js';

/**
 * Curves that move by less than this share of their size are drawn as level: what single precision rounds (6e-8) is no movement, and uPlot,
 * which takes decimals like 0.9999999 for rounding errors of its own, looks without end for ticks between values as close as that.
 */
const levelShare = 1e-6;

/** Share of the movement that is left free above and below. */
const room = 0.08;

/** The range of a linear axis: a level curve lies in the middle, and room goes no further than 0. Null: no values. */
export function linearRange(least: number | null, greatest: number | null): [number, number] {
  if (least === null || greatest === null) return [0, 1];
  const [size, movement] = [Math.max(Math.abs(least), Math.abs(greatest)), greatest - least];
  if (size === 0) return [0, 1];
  if (movement <= levelShare * size) return [(least + greatest - size) / 2, (least + greatest + size) / 2];
  const [bottom, top] = [least - room * movement, greatest + room * movement];
  return [least >= 0 ? Math.max(0, bottom) : bottom, greatest <= 0 ? Math.min(0, top) : top];
}

/** Steps of an axis whose iterations or tokens are counted. */
export const wholeSteps = [1, 2, 5]
  .flatMap((step) => [0, 1, 2, 3, 4, 5, 6].map((power) => step * 10 ** power))
  .sort((a, b) => a - b);

/** Labels of ascending ticks, with digits enough to tell neighbours apart. Null: a tick without a label. */
export function tickLabels(ticks: readonly (number | null)[]): string[] {
  const known = ticks.filter((tick) => tick !== null);
  const step = known.slice(1).reduce((least, tick, i) => Math.min(least, tick - known[i]!), Infinity);
  return ticks.map((tick) =>
    tick ? formatNumber(tick, Math.ceil(Math.log10(Math.abs(tick) / step)) + 1) : tick === null ? '' : '0',
  );
}
