import { escapeHtml } from '../dashboard/html.js';
import { strokeOf } from '../dashboard/shared/palette.js';
import type { Theme } from '../dashboard/shared/colors.js';
import { printable } from '../terminal/format.js';
import { displayWidth } from '../terminal/width.js';
import { ticks, tickText } from './ticks.js';
import type { BandPoint } from './bands.js';

/** An arm as it is drawn. */
export interface PlottedArm {
  readonly name: string;
  readonly band: readonly BandPoint[];
}

export interface Plot {
  /** What the vertical axis shows. */
  readonly title: string;
  /** Below the title. */
  readonly note: string;
  readonly arms: readonly PlottedArm[];
}

const box = { left: 58, top: 48, width: 470, height: 250, bottom: 46, gap: 10 };
/** Pixels of a character of a label, rather more than less. */
const characterWidth = 7.2;
const labelHeight = 16;

const [right, floor] = [box.left + box.width, box.top + box.height];

const text = (value: string): string => escapeHtml(printable(value));

/** Places of the plot in the picture. */
interface Scales {
  readonly x: (iteration: number) => number;
  readonly y: (value: number) => number;
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];
}

/**
 * The mean curves of arms with their 95 % bands as a picture of its own, in colours that people with colour-vision
 * deficiencies can tell apart, with dashes and labels for those who see none, for light and dark surroundings.
 */
export function drawPlot({ title, note, arms }: Plot): string {
  const scales = scalesFor(arms);
  const labelWidth = Math.max(0, ...arms.map(({ name }) => displayWidth(name))) * characterWidth;
  const [width, height] = [Math.ceil(right + box.gap + labelWidth + box.gap), floor + box.bottom];
  const body = [
    `<rect class="ground" width="${width}" height="${height}"/>`,
    `<text class="title" x="${box.left}" y="20">${text(title)}</text>`,
    `<text x="${box.left}" y="37">${text(note)}</text>`,
    ...axes(scales),
    ...arms.map(({ band }, i) => bandShape(band, i, scales)),
    ...arms.map(({ band }, i) => meanLine(band, i, scales)),
    ...labels(arms, scales),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${text(`${title}: ${note}`)}">
<style>${styleFor(arms.length)}</style>
${body.join('\n')}
</svg>
`;
}

function scalesFor(arms: readonly PlottedArm[]): Scales {
  const points = arms.flatMap(({ band }) => band);
  const last = points.reduce((most, { iteration }) => Math.max(most, iteration), 1);
  const low = points.reduce((least, point) => Math.min(least, point.low), points[0]?.low ?? 0);
  const high = points.reduce((most, point) => Math.max(most, point.high), points[0]?.high ?? 1);
  const yTicks = ticks(low, high, 5);
  const [bottom, top] = [yTicks[0] ?? low, yTicks.at(-1) ?? high];
  return {
    x: (iteration) => rounded(box.left + (iteration / last) * box.width),
    y: (value) => rounded(floor - ((value - bottom) / (top - bottom || 1)) * box.height),
    xTicks: ticks(0, last, 5).filter((tick) => tick <= last && Number.isInteger(tick)),
    yTicks,
  };
}

const axes = ({ x, y, xTicks, yTicks }: Scales): string[] => [
  ...yTicks.map(
    (tick) =>
      `<path class="grid" d="M${box.left} ${y(tick)}H${right}"/>` +
      `<text x="${box.left - 7}" y="${y(tick) + 4}" text-anchor="end">${tickText(tick)}</text>`,
  ),
  ...xTicks.map((tick) => `<text x="${x(tick)}" y="${floor + 18}" text-anchor="middle">${tick}</text>`),
  `<text x="${right}" y="${floor + 36}" text-anchor="end">iteration</text>`,
];

function bandShape(band: readonly BandPoint[], arm: number, { x, y }: Scales): string {
  const above = band.map(({ iteration, high }) => `${x(iteration)} ${y(high)}`);
  const below = band.map(({ iteration, low }) => `${x(iteration)} ${y(low)}`).reverse();
  return band.length < 2 ? '' : `<path class="band arm-${arm}" d="M${[...above, ...below].join('L')}Z"/>`;
}

function meanLine(band: readonly BandPoint[], arm: number, { x, y }: Scales): string {
  const [only] = band;
  if (band.length === 1 && only)
    return `<circle class="dot arm-${arm}" cx="${x(only.iteration)}" cy="${y(only.mean)}" r="3"/>`;
  const points = band.map(({ iteration, mean }) => `${x(iteration)} ${y(mean)}`);
  return points.length === 0 ? '' : `<path class="line arm-${arm}" d="M${points.join('L')}"/>`;
}

/** Names at the ends of the lines, moved apart where they would overlap. */
function labels(arms: readonly PlottedArm[], { y }: Scales): string[] {
  const ends = arms
    .map(({ name, band }, arm) => ({ name, arm, end: y(band.at(-1)?.mean ?? 0) }))
    .filter(({ arm }) => (arms[arm]?.band.length ?? 0) > 0)
    .sort((a, b) => a.end - b.end);
  let lowest = -Infinity;
  const placed = ends.map((label) => ({ ...label, at: (lowest = Math.max(label.end, lowest + labelHeight)) }));
  // All move up together as far as the last one would be below the axis.
  const excess = Math.max(0, lowest - floor);
  return placed.map(
    ({ name, arm, at }) =>
      `<text class="name arm-${arm}" x="${right + box.gap}" y="${rounded(at - excess + 4)}">${text(name)}</text>`,
  );
}

function styleFor(arms: number): string {
  const colors = (theme: Theme): string =>
    Array.from({ length: arms }, (_, arm) => {
      const { color } = strokeOf({ run: arm, metric: arm, several: true, theme });
      return `.line.arm-${arm}{stroke:${color}}.band.arm-${arm},.name.arm-${arm},.dot.arm-${arm}{fill:${color}}`;
    }).join('');
  const dashes = Array.from({ length: arms }, (_, arm) => {
    const { dash } = strokeOf({ run: arm, metric: arm, several: true, theme: 'light' });
    return dash.length === 0 ? '' : `.line.arm-${arm}{stroke-dasharray:${dash.join(' ')}}`;
  }).join('');
  return (
    'text{font:12px system-ui,sans-serif;fill:#444c56}.title{font-weight:600;fill:#1f2328}.name{font-weight:600}' +
    '.ground{fill:#fff}.grid{stroke:#d0d7de;stroke-width:.6;fill:none}' +
    '.line{fill:none;stroke-width:2;stroke-linejoin:round}' +
    `.band{opacity:.16}${colors('light')}${dashes}` +
    '@media(prefers-color-scheme:dark){text{fill:#adbac7}.title{fill:#e6edf3}.ground{fill:#0d1117}' +
    `.grid{stroke:#30363d}${colors('dark')}}`
  );
}

const rounded = (value: number): number => Math.round(value * 10) / 10;
