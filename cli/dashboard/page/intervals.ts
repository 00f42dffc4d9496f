import type uPlot from 'uplot';
import type { Interval } from '../shared/bounds.js';
import { positive } from '../shared/series.js';

type Values = readonly (number | null)[];

/** An interval that is drawn as a bar with ends at each point, or as a band along the curve. */
export interface DrawnInterval extends Interval {
  readonly shape: 'bars' | 'band';
}

/** What matters here of a curve. Its interval is that of `raw`, if it has been smoothed. */
interface WithInterval {
  readonly color: string;
  readonly raw?: Values;
  readonly interval?: DrawnInterval;
}

/**
 * Columns of a plot that hold the ends of the intervals, in pairs: they come behind those of all lines. A logarithmic
 * axis has no place for an end at or below 0: null.
 */
export const intervalColumns = (curves: readonly WithInterval[], log: boolean): (number | null)[][] =>
  curves.flatMap(({ interval }) =>
    interval === undefined ? [] : [interval.low, interval.high].map((ends) => (log ? positive(ends) : [...ends])),
  );

/**
 * The series of these columns. They draw nothing; the vertical axis takes them into account, but not a band where it
 * has a range of its own: the band of two seeds is many times as high as all curves, and is cut off there.
 */
export const intervalSeries = (curves: readonly WithInterval[], hasRange: boolean): uPlot.Series[] =>
  curves.flatMap(({ interval }) => {
    const auto = interval?.shape === 'bars' || !hasRange;
    const end = (): uPlot.Series => ({ paths: () => null, points: { show: false }, auto });
    return interval === undefined ? [] : [end(), end()];
  });

/** Draws the intervals of this shape. */
export function drawIntervals(plot: uPlot, curves: readonly WithInterval[], shape: DrawnInterval['shape']): void {
  const { left, top, width, height } = plot.bbox;
  const column = (index: number): Values => (plot.data as readonly Values[])[index] ?? [];
  plot.ctx.save();
  plot.ctx.beginPath();
  plot.ctx.rect(left, top, width, height);
  plot.ctx.clip();
  let line = 1; // Behind the x.
  let end = curves.reduce((count, curve) => count + linesOf(curve), line);
  for (const curve of curves) {
    if (curve.interval?.shape === shape)
      draw[shape](plot, curve.color, { values: column(line), low: column(end), high: column(end + 1) });
    line += linesOf(curve);
    if (curve.interval !== undefined) end += 2;
  }
  plot.ctx.restore();
}

const linesOf = ({ raw }: WithInterval): number => (raw === undefined ? 1 : 2);

interface Columns extends Interval {
  readonly values: Values;
}

const draw = { bars: drawBars, band: drawBand } as const;

/** Half the width of the end of a bar, in pixels of the page. */
const capWidth = 3;

function drawBars(plot: uPlot, color: string, { low, high }: Columns): void {
  const { ctx, data } = plot;
  const cap = capWidth * devicePixelRatio;
  ctx.strokeStyle = color;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  for (const [i, value] of data[0].entries()) {
    const [from, to] = [low[i] ?? null, high[i] ?? null];
    if (from === null || to === null) continue;
    const x = plot.valToPos(value, 'x', true);
    const [bottom, top] = [plot.valToPos(from, 'y', true), plot.valToPos(to, 'y', true)];
    for (const y of [bottom, top]) {
      ctx.moveTo(x - cap, y);
      ctx.lineTo(x + cap, y);
    }
    ctx.moveTo(x, bottom);
    ctx.lineTo(x, top);
  }
  ctx.stroke();
}

interface Edge {
  readonly x: number;
  readonly top: number;
  readonly bottom: number;
}

/** Hexadecimal opacity of a band. */
const bandOpacity = '2e';

/** Where the curve has a point without an interval the band is interrupted; alone between two such it is a stroke. */
function drawBand(plot: uPlot, color: string, columns: Columns): void {
  const { ctx } = plot;
  ctx.fillStyle = ctx.strokeStyle = `${color}${bandOpacity}`;
  ctx.lineWidth = devicePixelRatio;
  for (const edges of bandParts(plot, columns)) {
    ctx.beginPath();
    for (const { x, top } of edges) ctx.lineTo(x, top);
    for (const { x, bottom } of [...edges].reverse()) ctx.lineTo(x, bottom);
    ctx.closePath();
    ctx.fill();
    ctx.stroke();
  }
}

function bandParts(plot: uPlot, { values, low, high }: Columns): Edge[][] {
  const parts: Edge[][] = [[]];
  for (const [i, at] of plot.data[0].entries()) {
    if ((values[i] ?? null) === null) continue;
    const [from, to] = [low[i] ?? null, high[i] ?? null];
    if (to === null) {
      parts.push([]);
      continue;
    }
    // Beyond what a logarithmic axis can show, down to its floor.
    const bottom = from === null ? plot.bbox.top + plot.bbox.height : plot.valToPos(from, 'y', true);
    parts.at(-1)?.push({ x: plot.valToPos(at, 'x', true), top: plot.valToPos(to, 'y', true), bottom });
  }
  return parts.filter((edges) => edges.length > 0);
}
