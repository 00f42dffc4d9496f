/** Small multiples of lines as one self-contained SVG that is readable on light and on dark backgrounds. */

/**
 * @typedef {object} Line
 * @property {string} kind CSS class: how it is drawn
 * @property {readonly (readonly [x: number, y: number])[]} points
 */

/**
 * @typedef {object} Panel
 * @property {string} title
 * @property {readonly Line[]} lines
 * @property {readonly (readonly [x: number, y: number])[]} dots
 * @property {readonly [number, number]} [range] of y; without it, that of the values
 */

export const size = { width: 300, height: 204, left: 44, right: 12, top: 34, bottom: 40 };
const columns = 3;
const legendHeight = 34;
export const plot = { width: size.width - size.left - size.right, height: size.height - size.top - size.bottom };

const style = `
  text { font: 12px system-ui, sans-serif; fill: #444c56 }
  .title { font-weight: 600; fill: #1f2328 } .tick { font-size: 11px }
  .ground { fill: #ffffff } .grid { stroke: #d0d7de; stroke-width: 0.6 }
  path { fill: none; stroke-linejoin: round } circle { fill: #0b5cad; stroke: #ffffff; stroke-width: 1 }
  .seed { stroke: #0b5cad; stroke-width: 0.8; opacity: 0.45 } .mean { stroke: #0b5cad; stroke-width: 2.4 }
  .control { stroke: #b35900; stroke-width: 0.8; opacity: 0.5; stroke-dasharray: 3 2 }
  .control-mean { stroke: #b35900; stroke-width: 2; stroke-dasharray: 6 3 }
  .second { stroke: #b35900; stroke-width: 1.8; stroke-dasharray: 6 3 }
  .third { stroke: #1a7f37; stroke-width: 1.8; stroke-dasharray: 2 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #adbac7 } .title { fill: #e6edf3 } .ground { fill: #0d1117 } .grid { stroke: #30363d }
    .seed, .mean { stroke: #6cb6ff } circle { fill: #6cb6ff; stroke: #0d1117 }
    .control, .control-mean, .second { stroke: #f0a35e } .third { stroke: #57c878 }
  }`;

/**
 * @param {readonly Panel[]} panels laid out in rows of three, over one x axis from 0
 * @param {{ readonly xLabel: string, readonly legend: readonly (readonly [kind: string, text: string])[],
 *   readonly description: string }} options
 */
export function smallMultiples(panels, { xLabel, legend, description }) {
  const largest = Math.max(1, ...panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points.map(([x]) => x))));
  return svgOf(
    panels.map((panel, i) => drawPanel(panel, i, largest, xLabel)),
    { columns, legend: drawLegend(legend), description },
  );
}

/**
 * @param {readonly string[]} bodies of panels
 * @param {{ readonly columns: number, readonly legend: string, readonly description: string }} options no legend takes
 *   no room
 */
export function svgOf(bodies, { columns, legend, description }) {
  const rows = Math.ceil(bodies.length / columns);
  const [width, height] = [columns * size.width, rows * size.height + (legend === '' ? 0 : legendHeight)];
  const placed = bodies.map(
    (body, i) =>
      `<g transform="translate(${(i % columns) * size.width} ${Math.floor(i / columns) * size.height})">${body}</g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(description)}">
<style>${style}
</style>
<rect class="ground" width="${width}" height="${height}"/>
${placed.join('\n')}
${legend === '' ? '' : `<g transform="translate(${size.left} ${rows * size.height + 16})">${legend}</g>\n`}</svg>
`;
}

/** @param {Panel} panel @param {number} index @param {number} largest x @param {string} xLabel */
function drawPanel({ title, lines, dots, range }, index, largest, xLabel) {
  const values = [...lines.flatMap(({ points }) => points.map(([, y]) => y)), ...dots.map(([, y]) => y)];
  const [low, high] = range ?? [Math.min(...values), Math.max(...values)];
  const ys = ticks(low, high, 4),
    xs = ticks(0, largest, 4).filter((x) => x <= largest);
  const [bottom, top] = [Math.min(low, ys[0] ?? low), Math.max(high, ys.at(-1) ?? high)];
  const x = (/** @type {number} */ v) => round(size.left + (v / largest) * plot.width);
  const y = (/** @type {number} */ v) =>
    round(size.top + plot.height - ((v - bottom) / (top - bottom || 1)) * plot.height);
  const path = (/** @type {Line} */ { kind, points }) =>
    `<path class="${kind}" d="${points.map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${x(px)} ${y(py)}`).join('')}"/>`;
  const dot = (/** @type {readonly [number, number]} */ [px, py]) => `<circle cx="${x(px)}" cy="${y(py)}" r="3"/>`;
  const right = size.left + plot.width,
    floor = size.top + plot.height;
  return [
    `<text class="title" x="${size.left}" y="20">${escape(title)}</text>`,
    ...ys.map(
      (v) =>
        `<path class="grid" d="M${size.left} ${y(v)}H${right}"/><text class="tick" x="${size.left - 6}" ` +
        `y="${y(v) + 4}" text-anchor="end">${number(v)}</text>`,
    ),
    ...xs.map(
      (v, i) =>
        `<text class="tick" x="${x(v)}" y="${floor + 16}" text-anchor="middle">${i === 0 ? '0' : number(v)}</text>`,
    ),
    `<text class="tick" x="${right}" y="${floor + 28}" text-anchor="end">${escape(xLabel)}</text>`,
    `<clipPath id="plot-${index}"><rect x="${size.left - 4}" y="${size.top - 4}" width="${plot.width + 8}" ` +
      `height="${plot.height + 8}"/></clipPath>`,
    `<g clip-path="url(#plot-${index})">${lines.map(path).join('')}${dots.map(dot).join('')}</g>`,
  ].join('');
}

/** @param {readonly (readonly [kind: string, text: string])[]} legend */
function drawLegend(legend) {
  let left = 0;
  return legend
    .map(([kind, text]) => {
      const mark =
        kind === 'dot'
          ? `<circle cx="${left + 12}" cy="0" r="3"/>`
          : `<path class="${kind}" d="M${left} 0H${left + 24}"/>`;
      const entry = `${mark}<text x="${left + 30}" y="4">${escape(text)}</text>`;
      left += 54 + text.length * 6.4;
      return entry;
    })
    .join('');
}

/**
 * Round numbers from below `low` to above `high`, about `count` steps.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 */
function ticks(low, high, count) {
  const raw = (high - low || 1) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step =
    power * (raw / power <= 1 ? 1 : raw / power <= 2 ? 2 : raw / power <= 2.5 ? 2.5 : raw / power <= 5 ? 5 : 10);
  const first = Math.floor(low / step + 1e-9),
    last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

export const round = (/** @type {number} */ v) => Math.round(v * 10) / 10;
const number = (/** @type {number} */ v) => String(Number(v.toPrecision(6)));
export const escape = (/** @type {string} */ text) =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
