import './language.js';
import { useEffect, useId, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { elementAt } from '../../../core/arrays.js';
import { drawIntervals, intervalColumns, intervalSeries, type DrawnInterval } from './intervals.js';
import { linearRange, tickLabels, wholeSteps, type Range } from './axis.js';
import type { Theme } from '../shared/colors.js';
import { formatDuration, formatNumber } from './format.js';
import { styleColor, useTheme } from './theme.js';

/** One curve of a chart. */
export interface Curve {
  /** Unique in the chart. */
  readonly label: string;
  /** What it shows; the curves of several runs share it, and one line of the legend. */
  readonly metric: string;
  readonly color: string;
  readonly dash: readonly number[];
  /** Same length as the x of the chart; null where there is no point. */
  readonly values: readonly (number | null)[];
  /** The values before smoothing, drawn faintly in the background. */
  readonly raw?: readonly (number | null)[];
  /** Of the values, or of `raw` where there is one. */
  readonly interval?: DrawnInterval;
}

export interface ChartProps {
  readonly title: string;
  readonly help: string;
  readonly x: readonly number[];
  readonly xLabel: 'iteration' | 'time' | 'token';
  readonly curves: readonly Curve[];
  readonly log: boolean;
  /** Toggles the logarithmic axis; absent where it makes no sense. */
  readonly onLog?: () => void;
  /** What the vertical axis shows at least; absent where the curves alone decide. */
  readonly range?: Range;
  /** Whether the axis is fitted to the curves although they have a range of their own. */
  readonly zoomed?: boolean;
  readonly onZoom?: () => void;
  /** Charts with the same key show their readouts at the same x. */
  readonly syncKey: string;
  readonly height?: number;
  /** Called with the index into x under the pointer, null outside. */
  readonly onPoint?: (index: number | null) => void;
}

/** A chart with a readout at the pointer. The arrow keys move the readout. */
export function ChartView(props: ChartProps) {
  const { title, help, curves, x } = props;
  const helpId = useId();
  const readouts = useRef<(HTMLElement | null)[]>([]);
  const box = usePlot(props, readouts);
  const move = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
      event.preventDefault();
      box.step(event.key === 'ArrowLeft' ? -1 : 1);
    }
  };
  return (
    <figure class="chart">
      <figcaption>
        {title}
        <Switches {...props} />
      </figcaption>
      {help !== '' && (
        <p class="help" id={helpId}>
          {help}
        </p>
      )}
      <Legend curves={curves} readouts={readouts} />
      <div
        class="plot"
        ref={box.ref}
        tabIndex={0}
        role="img"
        aria-label={describe(title, x, curves)}
        {...(help !== '' && { 'aria-describedby': helpId })}
        onKeyDown={move}
      />
    </figure>
  );
}

function Switches({ title, log, onLog, zoomed = false, onZoom }: ChartProps) {
  return (
    <span class="switches">
      {onZoom && (
        <button type="button" class="small" aria-pressed={zoomed} aria-label={`${title}: zoom`} onClick={onZoom}>
          {zoomed ? 'zoomed in' : 'zoom in'}
        </button>
      )}
      {onLog && (
        <button
          type="button"
          class="small"
          aria-pressed={log}
          aria-label={`${title}: logarithmic axis`}
          onClick={onLog}
        >
          log
        </button>
      )}
    </span>
  );
}

/** One line per metric: its stroke, its name, and the readout of each run. */
function Legend({ curves, readouts }: { readonly curves: readonly Curve[]; readonly readouts: Readouts }) {
  const metrics = [...new Set(curves.map(({ metric }) => metric))];
  return (
    <ul class="legend">
      {metrics.map((metric) => {
        const ofRuns = curves.flatMap((curve, i) => (curve.metric === metric ? [{ ...curve, i }] : []));
        const { color, dash } = elementAt(ofRuns, 0);
        return (
          <li key={metric}>
            <Line color={ofRuns.length > 1 ? 'currentColor' : color} dash={dash} />
            {metric}{' '}
            {ofRuns.map(({ label, color: ownColor, i }) => (
              <output
                key={i}
                title={label}
                style={ofRuns.length > 1 ? { color: ownColor } : {}}
                ref={(element) => {
                  readouts.current[i] = element;
                }}
              />
            ))}
          </li>
        );
      })}
    </ul>
  );
}

const Line = ({ color, dash }: { readonly color: string; readonly dash: readonly number[] }) => (
  <svg width="22" height="8" aria-hidden="true">
    <line x1="1" x2="21" y1="4" y2="4" stroke={color} stroke-width="2" stroke-dasharray={dash.join(' ')} />
  </svg>
);

/** A description for those who cannot see the chart. */
function describe(title: string, x: readonly number[], curves: readonly Curve[]): string {
  const parts = curves.map((curve) => {
    const first = curve.values.find((value) => value !== null);
    if (first === undefined || first === null) return `${curve.label}: no values`;
    return `${curve.label}: from ${formatNumber(first)} to ${readout(curve, null)}`;
  });
  return `${title}, ${x.length} points. ${parts.join('; ')}`;
}

/** Pixels of the page. */
const defaultHeight = 170;

type Readouts = { readonly current: (HTMLElement | null)[] };

/** The plot in its box: created again when its shape changes, given new data otherwise. */
function usePlot(
  props: ChartProps,
  readouts: Readouts,
): { readonly ref: { current: HTMLDivElement | null }; step(by: number): void } {
  const ref = useRef<HTMLDivElement | null>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const theme = useTheme();
  const { curves, x, log, height = defaultHeight } = props;
  const shape = shapeOf(props, theme);
  const data = useMemo(() => dataOf(x, curves, log), [x, curves, log]);
  const shown = useRef(data);
  shown.current = data;
  useEffect(() => {
    const box = ref.current;
    if (!box) return undefined;
    const created = new uPlot(
      {
        ...optionsOf(latest.current, (index) => {
          showValues(readouts, latest.current, index);
          latest.current.onPoint?.(index);
        }),
        width: box.clientWidth,
        height,
      },
      shown.current,
      box,
    );
    plot.current = created;
    const resizeObserver = new ResizeObserver(() => {
      if (box.clientWidth > 0 && box.clientWidth !== created.width) created.setSize({ width: box.clientWidth, height });
    });
    resizeObserver.observe(box);
    return () => {
      resizeObserver.disconnect();
      created.destroy();
      plot.current = null;
    };
  }, [shape]);
  useEffect(() => {
    if (plot.current?.data !== data) plot.current?.setData(data);
    showValues(readouts, latest.current, null);
  }, [data, shape]);
  return {
    ref,
    step: (by) => {
      if (plot.current) stepCursor(plot.current, by);
    },
  };
}

/** What a plot cannot change once it is created. */
function shapeOf({ curves, log, range, xLabel, syncKey, height = defaultHeight }: ChartProps, theme: Theme): string {
  const kinds = curves.map(({ label, color, dash, raw, interval }) => [
    ...[label, color, dash, raw !== undefined],
    interval?.shape,
  ]);
  return JSON.stringify([kinds, log, range, xLabel, syncKey, height, theme]);
}

function dataOf(x: readonly number[], curves: readonly Curve[], log: boolean): uPlot.AlignedData {
  return [
    [...x],
    ...curves.flatMap(({ values, raw }) => (raw === undefined ? [[...values]] : [[...raw], [...values]])),
    ...intervalColumns(curves, log),
  ];
}

/** Shows the values at the pointer, or the last before it (evaluations are rare); without a pointer the latest. */
function showValues(readouts: Readouts, { curves }: ChartProps, index: number | null): void {
  curves.forEach((curve, i) => {
    const element = readouts.current[i];
    if (element) element.textContent = readout(curve, index);
  });
}

/** `0.41 [0.38, 0.44]`: the value there with its interval, which a smoothed value does not have. */
function readout({ values, raw, interval }: Curve, index: number | null): string {
  const at = (index === null ? values : values.slice(0, index + 1)).findLastIndex((each) => each !== null);
  const value = values[at];
  if (value === null || value === undefined) return '–';
  const [low, high] = raw === undefined ? [interval?.low[at], interval?.high[at]] : [];
  if (typeof low !== 'number' || typeof high !== 'number') return formatNumber(value);
  return `${formatNumber(value)} [${formatNumber(low)}, ${formatNumber(high)}]`;
}

function stepCursor(plot: uPlot, by: number): void {
  const xs = plot.data[0];
  if (xs.length === 0) return;
  const current = plot.cursor.idx ?? (by > 0 ? -1 : xs.length);
  const index = Math.min(xs.length - 1, Math.max(0, current + by));
  // The third argument, which the types leave out, moves the readouts of the other charts too.
  (plot.setCursor as (position: { left: number; top: number }, fireHook: boolean, publish: boolean) => void)(
    { left: plot.valToPos(elementAt(xs, index), 'x'), top: 0 },
    true,
    true,
  );
}

function optionsOf(
  { curves, log, range, xLabel, syncKey }: ChartProps,
  onPoint: (index: number | null) => void,
): Omit<uPlot.Options, 'width' | 'height'> {
  const [ink, grid] = [styleColor('--muted'), styleColor('--grid')];
  const axis = {
    stroke: ink,
    font: '11px system-ui, sans-serif',
    grid: { stroke: grid, width: 1 },
    ticks: { stroke: grid, width: 1, size: 4 },
  };
  const numbers = (_: uPlot, splits: (number | null)[]): string[] => tickLabels(splits);
  const lines = curves.flatMap(seriesOf);
  const durations = (_: uPlot, splits: number[]): string[] => splits.map(formatDuration);
  return {
    legend: { show: false },
    padding: [8, 8, 0, 0],
    cursor: { y: false, sync: { key: syncKey, scales: ['x', null] }, drag: { x: true, y: false }, points: { size: 6 } },
    scales: {
      x: { time: false },
      y: log
        ? logarithmic
        : { range: (_, minimum: number | null, maximum: number | null) => linearRange(minimum, maximum, range) },
    },
    axes: [
      { ...axis, size: 26, space: 60, ...(xLabel === 'time' ? { values: durations } : { incrs: wholeSteps }) },
      // uPlot asks for the size once before there are labels.
      {
        ...axis,
        size: (_, values: string[] | null) => 14 + 6.5 * Math.max(3, ...(values ?? []).map((value) => value.length)),
        values: numbers,
        space: 26,
      },
    ],
    series: [{}, ...lines, ...intervalSeries(curves, range !== undefined)],
    hooks: {
      // Bands are below the lines, bars above them.
      drawAxes: [
        (plot: uPlot) => {
          drawIntervals(plot, curves, 'band');
        },
      ],
      draw: [
        (plot: uPlot) => {
          drawIntervals(plot, curves, 'bars');
        },
      ],
      setCursor: [
        (plot: uPlot) => {
          onPoint(plot.cursor.idx ?? null);
        },
      ],
    },
  };
}

/** uPlot's number for a logarithmic scale; its enum exists in the types only. */
const logarithmic = { distr: 3 } as object as uPlot.Scale;

function seriesOf({ color, dash, values, raw }: Curve): uPlot.Series[] {
  const known = values.reduce<number>((n, value) => n + Number(value !== null), 0);
  // A few distant points, such as evaluations, are hard to see as a line, and a single one is none.
  const points = { show: known === 1 || (known < 40 && known <= values.length / 2), size: 5, fill: color };
  const line: uPlot.Series = { stroke: color, width: 1.6, dash: [...dash], spanGaps: true, points };
  return raw === undefined
    ? [line]
    : [{ stroke: `${color}50`, width: 1, spanGaps: true, points: { show: false } }, line];
}
