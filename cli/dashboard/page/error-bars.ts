import type uPlot from 'uplot';
import { elementAt } from '../../../core/arrays.js';

type Values = readonly (number | null)[];

/** Ends of the 95 % interval of each value; null where there is none. */
export interface Interval {
  readonly low: Values;
  readonly high: Values;
}

interface WithInterval {
  readonly color: string;
  readonly interval?: Interval;
}

/** Half the width of the end of a bar, in pixels of the page. */
const capWidth = 3;

/** Columns of a plot that hold the ends of the intervals, in pairs: they come behind all others. */
export const intervalColumns = (curves: readonly WithInterval[]): (number | null)[][] =>
  curves.flatMap(({ interval }) => (interval === undefined ? [] : [[...interval.low], [...interval.high]]));

/** The series of these columns. They draw nothing; the vertical axis takes them into account. */
export const intervalSeries = (curves: readonly WithInterval[]): uPlot.Series[] =>
  intervalColumns(curves).map(() => ({ paths: () => null, points: { show: false } }));

/** Draws the intervals of all curves as bars with ends. `first` is the number of the first of their series. */
export function drawErrorBars(plot: uPlot, curves: readonly WithInterval[], first: number): void {
  const drawn = curves.filter(({ interval }) => interval !== undefined);
  const { left, top, width, height } = plot.bbox;
  plot.ctx.save();
  plot.ctx.beginPath();
  plot.ctx.rect(left, top, width, height);
  plot.ctx.clip();
  drawn.forEach(({ color }, i) => {
    drawBars(plot, color, { low: seriesAt(plot, first + 2 * i), high: seriesAt(plot, first + 2 * i + 1) });
  });
  plot.ctx.restore();
}

const seriesAt = (plot: uPlot, index: number): Values => elementAt(plot.data as readonly Values[], index);

function drawBars(plot: uPlot, color: string, { low, high }: Interval): void {
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
