import { describeProgress, formatNumber } from './format.js';
import { colorOfRun } from './palette.js';
import { useTheme } from './theme.js';
import type { LoadedRun } from './use-runs.js';

/** The runs with colour, state and a few settings; several can be shown and hidden. */
export function RunBar({
  runs,
  hidden,
  onToggle,
}: {
  readonly runs: readonly LoadedRun[];
  readonly hidden: ReadonlySet<number>;
  readonly onToggle: (run: number) => void;
}) {
  const theme = useTheme();
  return (
    <section class="runs" aria-label="Runs">
      {runs.map(({ info, series, warnings }, run) => (
        <div class="run" key={info.folder}>
          <div class="run-head">
            {runs.length > 1 ? (
              <label>
                <input
                  type="checkbox"
                  checked={!hidden.has(run)}
                  onChange={() => {
                    onToggle(run);
                  }}
                />
                <Swatch color={colorOfRun(run, theme)} />
                <strong>{info.name}</strong>
              </label>
            ) : (
              <strong>{info.name}</strong>
            )}
            <span class={`state ${info.state}`}>{info.state}</span>
            <span class="muted">{describeProgress(series, info)}</span>
            <Headline series={series} />
          </div>
          <div class="facts">
            {info.facts.map(([label, value]) => (
              <span key={label}>
                <span class="muted">{label}</span> {value}
              </span>
            ))}
          </div>
          {warnings.length > 0 && (
            <details class="warnings">
              <summary>
                {warnings.length === 1 ? 'A warning' : `${warnings.length} warnings`} since iteration{' '}
                {warnings[0]!.iteration}
              </summary>
              <ul>
                {warnings.map(({ message, advice }) => (
                  <li key={message}>
                    <strong>{message}</strong> {advice}
                  </li>
                ))}
              </ul>
            </details>
          )}
        </div>
      ))}
    </section>
  );
}

const Swatch = ({ color }: { readonly color: string }) => (
  <span class="swatch" style={{ background: color }} aria-hidden="true" />
);

/** The newest value of what matters most. */
function Headline({ series }: Pick<LoadedRun, 'series'>) {
  const last = (name: string): number | null | undefined => series.columns.get(name)?.at(-1);
  const figures = (
    [
      ['reward', 'reward'],
      ['length', 'responseLength'],
      ['entropy', 'entropy'],
    ] as const
  ).flatMap(([label, name]) => {
    const value = last(name);
    return value === null || value === undefined
      ? []
      : [
          <span key={label}>
            <span class="muted">{label}</span> {formatNumber(value)}
          </span>,
        ];
  });
  return <span class="headline">{figures}</span>;
}
