import type { Arm } from '../shared/arms.js';
import type { RunInfo } from '../shared/data.js';
import { differenceLines, shownDifferences } from '../shared/differences.js';
import { describeProgress, formatNumber } from './format.js';
import { colorOfRun } from '../shared/palette.js';
import { useTheme } from './theme.js';
import type { LoadedRun } from './use-runs.js';

interface SwitchProps {
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
}

/** The choice between single runs and averages over seeds. */
export const AverageSwitch = ({ on, onChange }: SwitchProps) => (
  <div class="controls">
    <label>
      <input
        type="checkbox"
        checked={on}
        onChange={() => {
          onChange(!on);
        }}
      />{' '}
      Average over seeds
    </label>
    <span class="muted hint">Lines are means over runs that differ in the seed alone, bands their 95 % intervals.</span>
  </div>
);

interface RunBarProps {
  /** Runs, or averages over the runs of each arm. */
  readonly runs: readonly LoadedRun[];
  /** What the runs are averages of. */
  readonly arms?: readonly Arm[];
  /** Numbers of the runs that are not drawn. */
  readonly hidden: ReadonlySet<number>;
  readonly onToggle: (run: number) => void;
}

/**
 * The runs with colour, state and some settings; if there are several, with the settings in which they differ and no
 * others, and each can be shown and hidden.
 */
export function RunBar({ runs, arms, hidden, onToggle }: RunBarProps) {
  const theme = useTheme();
  return (
    <section class="runs" aria-label="Runs">
      <Differences of={arms ? 'arms' : 'runs'} infos={arms ?? runs.map(({ info }) => info)} />
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
          <Facts facts={info.differing ?? info.facts} />
          <Warnings warnings={warnings} />
        </div>
      ))}
    </section>
  );
}

interface DifferencesProps {
  readonly of: 'runs' | 'arms';
  readonly infos: readonly Pick<RunInfo, 'differing'>[];
}

/** In what several runs or arms differ, setting by setting; many are folded away. */
function Differences({ of, infos }: DifferencesProps) {
  if (infos.length < 2) return null;
  const lines = differenceLines(infos);
  if (lines.length === 0) return <p class="differences">The settings of these {of} are the same.</p>;
  const [shown, folded] = [lines.slice(0, shownDifferences), lines.slice(shownDifferences)];
  return (
    <div class="differences">
      <p>
        <span class="muted">The {of} differ in</span> {shown.join(', ')}
      </p>
      {folded.length > 0 && (
        <details>
          <summary>
            and in {folded.length} more {folded.length === 1 ? 'setting' : 'settings'}
          </summary>
          <p>{folded.join(', ')}</p>
        </details>
      )}
    </div>
  );
}

const Facts = ({ facts }: Pick<RunInfo, 'facts'>) => (
  <div class="facts">
    {facts.map(([label, value]) => (
      <span key={label}>
        <span class="muted">{label}</span> {value}
      </span>
    ))}
  </div>
);

function Warnings({ warnings }: Pick<LoadedRun, 'warnings'>) {
  const [first] = warnings;
  if (first === undefined) return null;
  return (
    <details class="warnings">
      <summary>
        {warnings.length === 1 ? 'A warning' : `${warnings.length} warnings`} since iteration {first.iteration}
      </summary>
      <ul>
        {warnings.map(({ message, advice }) => (
          <li key={message}>
            <strong>{message}</strong> {advice}
          </li>
        ))}
      </ul>
    </details>
  );
}

const Swatch = ({ color }: { readonly color: string }) => (
  <span class="swatch" style={{ background: color }} aria-hidden="true" />
);

const headline = [
  ['reward', 'reward'],
  ['length', 'responseLength'],
  ['entropy', 'entropy'],
] as const;

/** The latest values of the most important metrics. */
const Headline = ({ series }: Pick<LoadedRun, 'series'>) => (
  <span class="headline">
    {headline.map(([label, name]) => {
      const value = series.columns.get(name)?.at(-1);
      return value === null || value === undefined ? null : (
        <span key={label}>
          <span class="muted">{label}</span> {formatNumber(value)}
        </span>
      );
    })}
  </span>
);
