import { useMemo, useState } from 'preact/hooks';
import { chartsFor, type Chart } from '../shared/charts.js';
import { align, positive, smooth } from '../shared/series.js';
import { ChartView, type Curve } from './chart.js';
import { strokeOf } from './palette.js';
import { useTheme } from './theme.js';
import type { LoadedRun } from './use-runs.js';

export interface Settings {
  readonly smoothing: number;
  readonly xLabel: 'iteration' | 'time';
}

/** All metrics of the runs as pictures. */
export function Curves({
  runs,
  hidden,
}: {
  readonly runs: readonly LoadedRun[];
  readonly hidden: ReadonlySet<number>;
}) {
  const [settings, setSettings] = useState<Settings>({ smoothing: 0, xLabel: 'iteration' });
  const names = [...new Set(runs.flatMap(({ series }) => [...series.columns.keys()]))];
  if (names.length === 0)
    return <p class="empty">No iteration has ended yet. The curves appear here with the first one.</p>;
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

function Controls({
  settings,
  onChange,
}: {
  readonly settings: Settings;
  readonly onChange: (settings: Settings) => void;
}) {
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
  readonly hidden: ReadonlySet<number>;
  readonly settings: Settings;
}

/** One chart, with a switch for its logarithmic axis. */
export function RunChart({ chart, runs, hidden, settings }: RunChartProps) {
  const [log, setLog] = useState(false);
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
      {...(chart.log && {
        onLog: () => {
          setLog(!log);
        },
      })}
    />
  );
}

function curvesOf(
  { chart, runs, hidden, settings }: RunChartProps,
  log: boolean,
  theme: 'light' | 'dark',
): { readonly x: readonly number[]; readonly curves: Curve[] } {
  const names =
    chart.names.length > 3
      ? chart.names.filter((name) =>
          runs.some(({ series }) => series.columns.get(name)?.some((value) => value !== null && value !== 0)),
        )
      : chart.names;
  const shown = runs.flatMap((run, number) =>
    hidden.has(number)
      ? []
      : names.flatMap((name, metric) => {
          const column = run.series.columns.get(name);
          return column === undefined || column.every((value) => value === null)
            ? []
            : [{ run, number, name, metric, column: log ? positive(column) : column }];
        }),
  );
  const several = runs.length > 1;
  const { x, ys } = align(
    shown.map(({ run, column }) => ({
      x: settings.xLabel === 'time' ? run.series.elapsed : run.series.iterations,
      y: column,
    })),
  );
  const curves = shown.map(({ run, number, name, metric }, i): Curve => {
    const values =
      settings.smoothing > 0 ? { values: smooth(ys[i]!, settings.smoothing), raw: ys[i]! } : { values: ys[i]! };
    const own = shortName(name, chart.names);
    return {
      label: several ? `${run.info.name}: ${own}` : own,
      metric: own,
      ...strokeOf(number, metric, several, theme),
      ...values,
    };
  });
  return { x, curves };
}

/** What all names of a chart have in common is left out: `seconds/sample` is `sample` beside `seconds/policy`. */
function shortName(name: string, all: readonly string[]): string {
  const prefix = name.slice(0, name.lastIndexOf('/') + 1);
  return prefix !== '' && all.length > 1 && all.every((other) => other.startsWith(prefix))
    ? name.slice(prefix.length)
    : name;
}
