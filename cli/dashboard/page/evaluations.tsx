import { useEffect, useState } from 'preact/hooks';
import type { EvaluationComparison } from '../../../core/evaluation/compare.js';
import type { BenchmarkResult } from '../../../core/evaluation/results.js';
import type { EvaluationSource, ShownEvaluation } from '../shared/evaluations.js';
import { type AtKCurve, AtKPlot } from './at-k-plot.js';
import { IntervalPlot, intervalText } from './interval-plot.js';
import { QuestionBrowser } from './questions.js';
import { ForeignText } from './text.js';

/** All evaluations: their figures with error bars, then the questions one by one. */
export function Evaluations({ source }: { readonly source: EvaluationSource }) {
  const [evaluations, setEvaluations] = useState<readonly ShownEvaluation[]>();
  const [error, setError] = useState<string>();
  useEffect(() => {
    source.evaluations().then(setEvaluations, (cause: unknown) => {
      setError(`The evaluations cannot be read: ${(cause as Error).message}`);
    });
  }, [source]);
  if (error !== undefined)
    return (
      <p class="notice" role="alert">
        {error}
      </p>
    );
  if (evaluations === undefined) return <p class="empty">Reading the evaluations…</p>;
  return (
    <>
      {source.comparison !== undefined && <Comparison comparison={source.comparison} />}
      {benchmarkNames(evaluations).map((name) => (
        <BenchmarkSection key={name} name={name} evaluations={evaluations} />
      ))}
      <QuestionBrowser source={source} evaluations={evaluations} />
    </>
  );
}

const benchmarkNames = (evaluations: readonly ShownEvaluation[]): string[] => [
  ...new Set(evaluations.flatMap(({ results }) => results.benchmarks.map(({ name }) => name))),
];

/** The paired differences on a scale that has 0 in its middle. */
function Comparison({ comparison: { a, b, benchmarks, unpaired } }: { readonly comparison: EvaluationComparison }) {
  const bounds = benchmarks.flatMap(({ difference: { mean, interval } }) => [mean, ...(interval ?? [])]);
  const reach = Math.min(1, Math.ceil(10 * bounds.reduce((most, bound) => Math.max(most, Math.abs(bound)), 0.1)) / 10);
  const marks = benchmarks.map(({ title, difference }) => ({ label: title, color: 0, ...difference }));
  return (
    <section aria-label="Comparison">
      <h2>
        <ForeignText text={`${a} minus ${b}`} />
      </h2>
      <div class="charts wide">
        <IntervalPlot title="paired difference of mean@k, points" range={[-reach, reach]} marks={marks} />
      </div>
      {benchmarks.map(({ name, title, sentence, settings }) => (
        <div key={name}>
          <p>
            <strong>
              <ForeignText text={title} />
            </strong>
            : <ForeignText text={sentence} />
          </p>
          {settings.map(({ setting, a: of, b: other }) => (
            <p class="notice" key={setting}>
              Different {setting}: <ForeignText text={of} /> and <ForeignText text={other} />.
            </p>
          ))}
        </div>
      ))}
      {unpaired.length > 0 && <p class="muted">In one of the two only: {unpaired.join(', ')}</p>}
    </section>
  );
}

/** The result of an evaluation on one benchmark, with the number that decides its colour. */
interface Measured {
  readonly label: string;
  readonly color: number;
  readonly result: BenchmarkResult;
}

function BenchmarkSection({
  name,
  evaluations,
}: {
  readonly name: string;
  readonly evaluations: readonly ShownEvaluation[];
}) {
  const measured = evaluations.flatMap(({ name: label, results }, color) =>
    results.benchmarks.filter((result) => result.name === name).map((result): Measured => ({ label, color, result })),
  );
  const [first] = measured;
  if (first === undefined) return null;
  const { title, source, licence } = first.result;
  const marks = measured.map(({ label, color, result }) => ({ label, color, ...result.statistics.mean }));
  return (
    <section aria-label={title}>
      <h2>
        <ForeignText text={title} />
      </h2>
      <p class="facts">
        <span>
          <span class="muted">source</span> <ForeignText text={source} />
        </span>
        <span>
          <span class="muted">licence</span> <ForeignText text={licence} />
        </span>
      </p>
      <div class="charts wide">
        <IntervalPlot title="mean@k, percent" range={[0, 1]} marks={marks} />
        {measured.some(({ result }) => result.statistics.passAtK.length > 1) && <AtKPlot curves={curvesOf(measured)} />}
      </div>
      <Details measured={measured} />
    </section>
  );
}

const curvesOf = (measured: readonly Measured[]): AtKCurve[] =>
  measured.flatMap(({ label, color, result: { statistics } }) => [
    { label, color, dashed: false, points: statistics.passAtK },
    { label: `${label}, majority`, color, dashed: true, points: statistics.majorityAtK },
  ]);

const heads = ['Model', 'Questions', 'Well-formed', 'Truncated', 'No answer', 'Tokens', 'Sampling'];

/** What has no plot, and how it was measured. */
const Details = ({ measured }: { readonly measured: readonly Measured[] }) => (
  <details>
    <summary>Form, lengths and settings</summary>
    <div class="table-box plain">
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head}>{head}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {measured.map((each) => (
            <DetailRow key={each.label} {...each} />
          ))}
        </tbody>
      </table>
    </div>
  </details>
);

const DetailRow = ({ label, result: { questions, sampling, statistics, verifier } }: Measured) => (
  <tr>
    <td>
      <ForeignText text={label} />
    </td>
    <td>
      {questions.length} × {sampling.samples}
    </td>
    <td>{statistics.wellFormed === null ? '–' : intervalText(statistics.wellFormed)}</td>
    <td>{statistics.truncated === null ? '–' : intervalText(statistics.truncated)}</td>
    <td>{intervalText(statistics.noAnswer)}</td>
    <td>
      right {statistics.lengthRight?.mean.toFixed(0) ?? '–'}, wrong {statistics.lengthWrong?.mean.toFixed(0) ?? '–'}
    </td>
    <td>
      temperature {sampling.temperature}, top-p {sampling.topP}, at most {sampling.maxResponseTokens} tokens,{' '}
      <ForeignText text={verifier} />
    </td>
  </tr>
);
