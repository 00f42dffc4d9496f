import type { BandPoint } from './bands.js';
import { drawPicture, rounded, svgText, textWidth } from './picture.js';
import { ticks, tickText } from './ticks.js';

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
const labelHeight = 16;

const [right, floor] = [box.left + box.width, box.top + box.height];

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
  const labelWidth = textWidth(arms.map(({ name }) => name));
  const [width, height] = [Math.ceil(right + box.gap + labelWidth + box.gap), floor + box.bottom];
  const body = [
    ...axes(scales),
    ...arms.map(({ band }, i) => bandShape(band, i, scales)),
    ...arms.map(({ band }, i) => meanLine(band, i, scales)),
    ...labels(arms, scales),
  ];
  return drawPicture({ width, height, left: box.left, title, note, arms: arms.length, body });
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
      `<text class="name arm-${arm}" x="${right + box.gap}" y="${rounded(at - excess + 4)}">${svgText(name)}</text>`,
  );
}
