/** Small multiples on logarithmic axes, each panel with an x axis of its own: a power law is a straight line. */
import { escape, plot, round, size, svgOf } from './chart.mjs';

/**
 * @typedef {object} LogPanel
 * @property {string} title
 * @property {string} xLabel
 * @property {readonly (readonly [x: number, y: number])[]} points all above 0
 */

/** @param {readonly LogPanel[]} panels laid out in rows of two @param {string} description */
export const logMultiples = (panels, description) =>
  svgOf(
    panels.map((panel) => drawPanel(panel)),
    { columns: 2, description, legend: '' },
  );

/** @param {LogPanel} panel */
function drawPanel({ title, xLabel, points }) {
  const xs = powers(
    points.map(([x]) => x),
    2,
  );
  const ys = powers(
    points.map(([, y]) => y),
    10,
  );
  const x = place(xs, size.left, size.left + plot.width);
  const y = place(ys, size.top + plot.height, size.top);
  const [right, floor] = [size.left + plot.width, size.top + plot.height];
  const line = points.map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${x(px)} ${y(py)}`).join('');
  return [
    `<text class="title" x="${size.left}" y="20">${escape(title)}</text>`,
    ...ys.map(
      (v) =>
        `<path class="grid" d="M${size.left} ${y(v)}H${right}"/><text class="tick" x="${size.left - 6}" ` +
        `y="${y(v) + 4}" text-anchor="end">${shortNumber(v)}</text>`,
    ),
    ...points.map(
      ([px]) => `<text class="tick" x="${x(px)}" y="${floor + 16}" text-anchor="middle">${shortNumber(px)}</text>`,
    ),
    `<text class="tick" x="${right}" y="${floor + 30}" text-anchor="end">${escape(xLabel)}</text>`,
    `<path class="mean" d="${line}"/>`,
    ...points.map(([px, py]) => `<circle cx="${x(px)}" cy="${y(py)}" r="3"/>`),
  ].join('');
}

/**
 * Powers of the base from below the least to above the largest value.
 * @param {readonly number[]} values
 * @param {number} base
 */
export function powers(values, base) {
  const exponentOf = (/** @type {number} */ v) => Math.log(v) / Math.log(base);
  const low = Math.floor(exponentOf(Math.min(...values)) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(exponentOf(Math.max(...values)) - 1e-9));
  return Array.from({ length: high - low + 1 }, (_, i) => base ** (low + i));
}

/**
 * Where a value lies between two ends of an axis.
 * @param {readonly number[]} ticks
 * @param {number} start
 * @param {number} end
 */
function place(ticks, start, end) {
  const [low, high] = [Math.log(ticks[0] ?? 1), Math.log(ticks.at(-1) ?? 1)];
  return (/** @type {number} */ v) => round(start + ((Math.log(v) - low) / (high - low)) * (end - start));
}

/** 512, 4k, 57k, 1M. @param {number} v */
const shortNumber = (v) =>
  v >= 999_500 ? `${round(v / 1e6)}M` : v >= 1000 ? `${Math.round(v / 1000)}k` : `${round(v)}`;
