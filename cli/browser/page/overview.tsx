import type { EvaluationReport } from '../../../core/contracts/loop.js';
import type { RunSummary } from '../../../core/train/loop/run.js';
import type { RolloutLine } from '../../../core/rollouts/rollout-line.js';
import { RunChart } from '../../dashboard/page/curves.js';
import { formatNumber } from '../../dashboard/page/format.js';
import { colorOfRun } from '../../dashboard/shared/palette.js';
import { ForeignText } from '../../dashboard/page/text.js';
import { useTheme } from '../../dashboard/page/theme.js';
import type { LoadedRun } from '../../dashboard/page/use-runs.js';
import { Verdict } from '../../dashboard/page/verdict.js';
import { chartsFor } from '../../dashboard/shared/charts.js';
import { isActive, secondsByPhase, type RunView, type ShownRollouts } from '../run-view.js';

/** The most important charts, by title. */
const headline = [
  'Reward',
  'Held-out reward',
  'Response length',
  'Format and reflection',
  'Entropy',
  'Explained variance',
];
const settings = { smoothing: 0, xLabel: 'iteration' } as const;
const none: ReadonlySet<number> = new Set();

/** The most important facts about a run, on one page. */
export function Overview({ view, runs }: { readonly view: RunView; readonly runs: readonly LoadedRun[] }) {
  const charts = chartsFor([...(runs[0]?.series.columns.keys() ?? [])]).filter(({ title }) => headline.includes(title));
  return (
    <>
      {view.summary && <BeforeAfter before={view.summary.before} after={view.summary.after} />}
      {charts.length > 0 ? (
        <section aria-label="Curves">
          <div class="charts">
            {charts.map((chart) => (
              <RunChart key={chart.title} chart={chart} runs={runs} hidden={none} settings={settings} />
            ))}
          </div>
        </section>
      ) : (
        isActive(view) && (
          <p class="empty">The base model is trained first; the curves appear with the first iteration.</p>
        )
      )}
      <Samples batches={view.batches} />
      <PhaseShares view={view} />
    </>
  );
}

const rows: readonly (readonly [label: string, metric: string])[] = [
  ['reward', 'reward'],
  ['response length', 'responseLength'],
  ['well-formed', 'formatShare'],
  ['checks itself', 'reflectionShare'],
];

/** Undefined for what the template of the run does not report. */
function numberIn(report: EvaluationReport | undefined, metric: string): number | undefined {
  const value = report?.[metric];
  return typeof value === 'number' ? value : undefined;
}

function BeforeAfter({ before, after }: Pick<RunSummary, 'before' | 'after'>) {
  return (
    <section aria-label="Before and after">
      {Object.entries(after).map(([set, report]) => (
        <div key={set} class="before-after">
          {rows.map(([label, metric]) => (
            <Change key={label} label={label} from={numberIn(before[set], metric)} to={numberIn(report, metric)} />
          ))}
          <p class="muted">on {set} problems, before and after training</p>
        </div>
      ))}
    </section>
  );
}

interface ChangeProps {
  readonly label: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
}

function Change({ label, from, to }: ChangeProps) {
  if (from === undefined || to === undefined) return null;
  return (
    <div class="figure">
      <span class="muted">{label}</span>
      <span>
        <span class="muted">{formatNumber(from)} →</span> <strong>{formatNumber(to)}</strong>
      </span>
    </div>
  );
}

/** Number of problems shown. */
const shownProblems = 3;

/** Responses to the same held-out problems before training and in the latest evaluation. */
function Samples({ batches }: { readonly batches: readonly ShownRollouts[] }) {
  const before = batches.find(({ set, iteration }) => set !== undefined && iteration === 0);
  if (before === undefined) return null;
  const latest = batches.findLast(({ set, iteration }) => set === before.set && iteration > 0);
  return (
    <section aria-label="Samples">
      <h2>Answers to held-out problems</h2>
      <ol class="samples">
        {firstPerProblem(before.rollouts)
          .slice(0, shownProblems)
          .map((sample) => {
            const later = latest?.rollouts.find(({ problem }) => problem === sample.problem);
            return (
              <li key={sample.problem} class="card">
                <Question sample={sample} />
                <Answer when="before training" sample={sample} />
                {latest && later && <Answer when={`after iteration ${latest.iteration}`} sample={later} />}
              </li>
            );
          })}
      </ol>
    </section>
  );
}

/** A problem may have several responses; the first of them. */
const firstPerProblem = (samples: readonly RolloutLine[]): RolloutLine[] =>
  samples.filter(({ problem }, i) => samples.findIndex((other) => other.problem === problem) === i);

const Question = ({ sample }: { readonly sample: RolloutLine }) => (
  <p class="question">
    <ForeignText text={sample.question} />{' '}
    <span class="muted">
      = <ForeignText text={sample.gold} />
    </span>
  </p>
);

const Answer = ({ when, sample }: { readonly when: string; readonly sample: RolloutLine }) => (
  <div class="answer">
    <p>
      <span class="muted">{when}</span> <Verdict verdict={sample.verdict} />
    </p>
    <pre class="text">
      <ForeignText text={sample.text} />
    </pre>
  </div>
);

function PhaseShares({ view }: { readonly view: RunView }) {
  const theme = useTheme();
  const phases = secondsByPhase(view.metrics);
  const total = phases.reduce((sum, [, seconds]) => sum + seconds, 0);
  if (total === 0) return null;
  return (
    <section aria-label="Time per phase">
      <h2>Where the time goes</h2>
      <div
        class="shares"
        role="img"
        aria-label={phases.map(([phase, seconds]) => `${phase} ${percent(seconds / total)}`).join(', ')}
      >
        {phases.map(([phase, seconds], i) => (
          <span key={phase} style={{ flexGrow: seconds / total, background: colorOfRun(i, theme) }} />
        ))}
      </div>
      <ul class="legend">
        {phases.map(([phase, seconds], i) => (
          <li key={phase}>
            <span class="swatch" style={{ background: colorOfRun(i, theme) }} aria-hidden="true" />
            {phase} <strong>{percent(seconds / total)}</strong>
          </li>
        ))}
      </ul>
    </section>
  );
}

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
