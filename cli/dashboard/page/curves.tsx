import { useMemo, useState } from 'preact/hooks';
import { zip } from '../../../core/arrays.js';
import { boundsOf } from '../shared/bounds.js';
import { chartsFor, type Chart } from '../shared/charts.js';
import { labelOf } from '../shared/differences.js';
import { align, positive, smooth, type Column } from '../shared/series.js';
import { ChartView, type Curve } from './chart.js';
import type { DrawnInterval } from './intervals.js';
import type { Theme } from '../shared/colors.js';
import { strokeOf } from '../shared/palette.js';
import { useTheme } from './theme.js';
import type { LoadedRun } from './use-runs.js';

export interface Settings {
  readonly smoothing: number;
  readonly xLabel: 'iteration' | 'time';
}

/** Charts of all metrics of the runs. */
export function Curves({ runs, hidden }: Pick<RunChartProps, 'runs' | 'hidden'>) {
  const [settings, setSettings] = useState<Settings>({ smoothing: 0, xLabel: 'iteration' });
  const names = [...new Set(runs.flatMap(({ series }) => [...series.columns.keys()]))];
  if (names.length === 0)
    return <p class="empty">No iteration is complete yet. The curves appear here with the first one.</p>;
  const charts = chartsFor(names);
  const sections = [...new Set(charts.map(({ section }) => section))];
  return (
    <>
      <Controls settings={settings} onChange={setSettings} />
      {sections.map((section) => (
        <section key={section} aria-label={section}>
          <h2>{section}</h2>
          <div class="charts">
            {charts
              .filter((chart) => chart.section === section)
              .map((chart) => (
                <RunChart key={chart.title} chart={chart} runs={runs} hidden={hidden} settings={settings} />
              ))}
          </div>
        </section>
      ))}
    </>
  );
}

interface ControlsProps {
  readonly settings: Settings;
  readonly onChange: (settings: Settings) => void;
}

function Controls({ settings, onChange }: ControlsProps) {
  return (
    <form
      class="controls"
      onSubmit={(event) => {
        event.preventDefault();
      }}
    >
      <label>
        Smoothing{' '}
        <input
          type="range"
          min="0"
          max="0.95"
          step="0.05"
          value={settings.smoothing}
          onInput={(event) => {
            onChange({ ...settings, smoothing: Number(event.currentTarget.value) });
          }}
        />{' '}
        <output>{settings.smoothing.toFixed(2)}</output>
      </label>
      <fieldset>
        <legend>Horizontal axis</legend>
        {(['iteration', 'time'] as const).map((xLabel) => (
          <label key={xLabel}>
            <input
              type="radio"
              name="x"
              checked={settings.xLabel === xLabel}
              onChange={() => {
                onChange({ ...settings, xLabel });
              }}
            />{' '}
            {xLabel}
          </label>
        ))}
      </fieldset>
      <span class="muted hint">Drag to zoom, double-click to see all, arrow keys move the readout.</span>
    </form>
  );
}

export interface RunChartProps {
  readonly chart: Chart;
  readonly runs: readonly LoadedRun[];
  /** Numbers of the runs that are not drawn. */
  readonly hidden: ReadonlySet<number>;
  readonly settings: Settings;
}

/** One chart, with switches for its logarithmic axis and for the range of its values. */
export function RunChart({ chart, runs, hidden, settings }: RunChartProps) {
  const [log, setLog] = useState(false);
  const [zoomed, setZoomed] = useState(false);
  const theme = useTheme();
  const { x, curves } = useMemo(
    () => curvesOf({ chart, runs, hidden, settings }, log, theme),
    [chart.names.join(), runs, hidden, settings, log, theme],
  );
  if (curves.length === 0) return null;
  return (
    <ChartView
      title={chart.title}
      help={chart.help}
      x={x}
      xLabel={settings.xLabel}
      curves={curves}
      log={log}
      syncKey="runs"
      {...(chart.range && {
        zoomed,
        onZoom: () => {
          setZoomed(!zoomed);
        },
        ...(!zoomed && { range: chart.range }),
      })}
      {...(chart.log && {
        onLog: () => {
          setLog(!log);
        },
      })}
    />
  );
}

/** A metric of a run that the chart shows. */
interface ShownMetric {
  readonly run: LoadedRun;
  readonly number: number;
  readonly name: string;
  /** Number of the metric in the chart. */
  readonly metric: number;
  readonly column: Column;
  readonly interval?: DrawnInterval;
}

function curvesOf(
  { chart, runs, hidden, settings }: RunChartProps,
  log: boolean,
  theme: Theme,
): { readonly x: readonly number[]; readonly curves: Curve[] } {
  const names = namesWorthShowing(chart.names, runs);
  const shown = runs.flatMap((run, number): ShownMetric[] => {
    if (hidden.has(number)) return [];
    return names.flatMap((name, metric) => {
      const column = run.series.columns.get(name);
      if (column === undefined || column.every((value) => value === null)) return [];
      const interval = intervalOf(run, name);
      const drawable = log ? positive(column) : column;
      return [{ run, number, name, metric, column: drawable, ...(interval && { interval }) }];
    });
  });
  const { x, ys, intervals } = aligned(shown, settings.xLabel);
  const several = runs.length > 1;
  const curves = [...zip(shown, ys)].map(([{ run, number, name, metric }, y], i): Curve => {
    const interval = intervals[i];
    const own = shortName(name, chart.names);
    return {
      label: several ? `${labelOf(run.info)}: ${own}` : own,
      metric: own,
      ...strokeOf({ run: number, metric, several, theme }),
      ...(settings.smoothing > 0 ? { values: smooth(y, settings.smoothing), raw: y } : { values: y }),
      ...(interval && { interval }),
    };
  });
  return { x, curves };
}

/** Of a mean over runs its band, else the interval that the run has recorded. */
function intervalOf({ series, bands }: LoadedRun, name: string): DrawnInterval | undefined {
  const band = bands?.get(name);
  if (band !== undefined) return { ...band, shape: 'band' };
  const { low, high } = boundsOf(name);
  const [lowest, highest] = [series.columns.get(low), series.columns.get(high)];
  return lowest && highest && { low: lowest, high: highest, shape: 'bars' };
}

/** All metrics with their intervals on one horizontal axis. */
function aligned(
  shown: readonly ShownMetric[],
  xLabel: Settings['xLabel'],
): { readonly x: readonly number[]; readonly ys: readonly Column[]; readonly intervals: ShownMetric['interval'][] } {
  const { x, ys } = align(
    shown.flatMap(({ run: { series }, column, interval }) =>
      [column, interval?.low ?? [], interval?.high ?? []].map((y) => ({
        x: xLabel === 'time' ? series.elapsed : series.iterations,
        y,
      })),
    ),
  );
  const part = (offset: number): Column[] => ys.filter((_, i) => i % 3 === offset);
  const intervals = [...zip(part(1), part(2))].map(([low, high], i) => {
    const interval = shown[i]?.interval;
    return interval && { ...interval, low, high };
  });
  return { x, ys: part(0), intervals };
}

/** In a chart of more than three metrics, those that are 0 throughout are left out. */
function namesWorthShowing(names: readonly string[], runs: readonly LoadedRun[]): readonly string[] {
  if (names.length <= 3) return names;
  return names.filter((name) =>
    runs.some(({ series }) => series.columns.get(name)?.some((value) => value !== null && value !== 0)),
  );
}

/**
 * The name without what all names of the chart have in common: `sample` for `seconds/sample` beside `seconds/policy`.
 */
function shortName(name: string, all: readonly string[]): string {
  const prefix = name.slice(0, name.lastIndexOf('/') + 1);
  return prefix !== '' && all.length > 1 && all.every((other) => other.startsWith(prefix))
    ? name.slice(prefix.length)
    : name;
}
