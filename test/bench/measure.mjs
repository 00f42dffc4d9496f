/** Timing and the few statistics that the benchmark prints. */

/**
 * Smallest, middle and largest of some measurements.
 * @typedef {{ readonly min: number, readonly median: number, readonly max: number }} Spread
 */

/** @param {readonly number[]} values at least one @returns {Spread} */
export function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ i) => /** @type {number} */ (sorted[i]);
  const middle = (sorted.length - 1) / 2;
  return { min: at(0), median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, max: at(sorted.length - 1) };
}

/**
 * Seconds that `work` takes.
 * @param {() => Promise<unknown>} work
 */
export async function seconds(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/**
 * Measures `work` between two measurements of a reference, `repeats` times, after one of each that is not counted
 * (programs are compiled then). The reference of a repeat is the mean of its two: whatever else the machine does then
 * weighs on both sides of the ratio.
 * @param {number} repeats
 * @param {() => Promise<number>} reference for example the rate of a matrix product now
 * @param {() => Promise<unknown>} work
 * @returns {Promise<{ readonly seconds: number, readonly reference: number }[]>}
 */
export async function besideReference(repeats, reference, work) {
  await work();
  await reference();
  let before = await reference();
  const found = [];
  for (let i = 0; i < repeats; i++) {
    const duration = await seconds(work);
    const after = await reference();
    found.push({ seconds: duration, reference: (before + after) / 2 });
    before = after;
  }
  return found;
}

/** Three significant digits, thousands apart: 0.0123, 4.56, 789, 12,300. @param {number} value */
export function figure(value) {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const rounded = Number(value.toPrecision(3));
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(rounded))));
  return rounded.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** @param {number} share 0 … 1 */
export const percent = (share) => `${share < 0.0995 ? (share * 100).toFixed(1) : Math.round(share * 100)} %`;

/** The middle one, with the extremes. @param {Spread} s @param {(value: number) => string} format */
export const range = (s, format) => `${format(s.median)} (${format(s.min)} – ${format(s.max)})`;
