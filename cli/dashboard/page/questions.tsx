import { useEffect, useMemo, useState } from 'preact/hooks';
import type { BenchmarkResult, ResponseLine } from '../../../core/evaluation/results.js';
import {
  type EvaluationSource,
  isShown,
  type Outcome,
  outcomes,
  type QuestionRow,
  questionRows,
  type ShownEvaluation,
} from '../shared/evaluations.js';
import { preview } from '../shared/visible-text.js';
import { QuestionView } from './question-view.js';
import { ForeignText } from './text.js';

interface QuestionBrowserProps {
  readonly source: EvaluationSource;
  readonly evaluations: readonly ShownEvaluation[];
}

/** Rows shown at once. */
const pageRows = 100;

/** What the browser shows; `choice` is a position in the list of benchmarks of evaluations. */
interface Selection {
  readonly choice: number;
  readonly outcome: Outcome;
  readonly text: string;
  /** Index of the question that is open. */
  readonly open: number | undefined;
}

/** A benchmark of an evaluation. */
interface Choice {
  readonly label: string;
  readonly evaluation: number;
  readonly result: BenchmarkResult;
}

/** The questions of one benchmark, filtered, and one of them with all its responses. */
export function QuestionBrowser({ source, evaluations }: QuestionBrowserProps) {
  const [selection, setSelection] = useState<Selection>({ choice: 0, outcome: 'any', text: '', open: undefined });
  const change = (part: Partial<Selection>): void => {
    setSelection({ ...selection, ...part });
  };
  const choices = evaluations.flatMap(({ name, results }, evaluation) =>
    results.benchmarks.map((result): Choice => ({ label: `${result.title}, ${name}`, evaluation, result })),
  );
  const choice = choices[selection.choice];
  const lines = useLines(source, choice);
  const rows = useMemo(() => (choice === undefined ? [] : questionRows(choice.result, lines)), [choice?.result, lines]);
  const shown = rows.filter((row) => isShown(row, selection.outcome, selection.text));
  const position = shown.findIndex(({ index }) => index === selection.open);
  const opener = (to: number) => {
    const row = shown[to];
    if (row === undefined) return undefined;
    return () => {
      change({ open: row.index });
    };
  };
  const row = shown[position];
  return (
    <section aria-label="Questions">
      <h2>Questions</h2>
      <Controls choices={choices} selection={selection} onChange={change} />
      {row === undefined ? (
        <QuestionList
          rows={shown}
          total={rows.length}
          onOpen={(open) => {
            change({ open });
          }}
        />
      ) : (
        <QuestionView
          row={row}
          lines={lines.filter(({ question }) => question === row.index)}
          onPrevious={opener(position - 1)}
          onNext={opener(position + 1)}
          onClose={() => {
            change({ open: undefined });
          }}
        />
      )}
    </section>
  );
}

interface ControlsProps {
  readonly choices: readonly Choice[];
  readonly selection: Selection;
  readonly onChange: (part: Partial<Selection>) => void;
}

const Controls = ({ choices, selection, onChange }: ControlsProps) => (
  <form class="controls" role="search" onSubmit={preventSubmit}>
    <label>
      Benchmark{' '}
      <select
        value={String(selection.choice)}
        onChange={(event) => {
          onChange({ choice: Number(event.currentTarget.value), open: undefined });
        }}
      >
        {choices.map(({ label }, i) => (
          <option key={i} value={String(i)}>
            {preview(label, 80)}
          </option>
        ))}
      </select>
    </label>
    <label>
      Outcome{' '}
      <select
        value={selection.outcome}
        onChange={(event) => {
          onChange({ outcome: event.currentTarget.value as Outcome });
        }}
      >
        {outcomes.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    </label>
    <label>
      Search{' '}
      <input
        type="search"
        value={selection.text}
        placeholder="question, answer"
        onInput={(event) => {
          onChange({ text: event.currentTarget.value });
        }}
      />
    </label>
  </form>
);

const preventSubmit = (event: Event): void => {
  event.preventDefault();
};

/** All responses to a benchmark that the source has. */
function useLines(source: EvaluationSource, choice: Choice | undefined): readonly ResponseLine[] {
  const [lines, setLines] = useState<readonly ResponseLine[]>([]);
  useEffect(() => {
    let current = true;
    setLines([]);
    if (choice === undefined) return undefined;
    const show = (read: readonly ResponseLine[]): void => {
      if (current) setLines(read);
    };
    // Without an answer every question says that its responses are not there.
    source.responses(choice.evaluation, choice.result.name).then(show, () => {
      show([]);
    });
    return () => {
      current = false;
    };
  }, [source, choice?.evaluation, choice?.result]);
  return lines;
}

interface QuestionListProps {
  readonly rows: readonly QuestionRow[];
  readonly total: number;
  readonly onOpen: (index: number) => void;
}

function QuestionList({ rows, total, onOpen }: QuestionListProps) {
  const [limit, setLimit] = useState(pageRows);
  return (
    <>
      <p class="muted" role="status">
        {rows.length === total ? `${total} questions` : `${rows.length} of ${total} questions`}
      </p>
      <div class="table-box">
        <table>
          <thead>
            <tr>
              <th class="number">Right</th>
              <th>Samples</th>
              <th>Question</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, limit).map((row) => (
              <tr
                key={row.index}
                onClick={() => {
                  onOpen(row.index);
                }}
              >
                <td class="number">{Math.round(100 * row.mean)} %</td>
                <td>
                  <Strip rewards={row.rewards} />
                </td>
                <td class="response">
                  <button
                    type="button"
                    class="link"
                    onClick={() => {
                      onOpen(row.index);
                    }}
                  >
                    <ForeignText text={preview(row.prompt || row.id, 120)} />
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > limit && (
        <p>
          <button
            type="button"
            onClick={() => {
              setLimit(limit + pageRows);
            }}
          >
            Show {Math.min(pageRows, rows.length - limit)} more
          </button>
        </p>
      )}
    </>
  );
}

/** A box for each sample: filled if right, so that it does not depend on colour. */
const Strip = ({ rewards }: { readonly rewards: readonly number[] }) => (
  <span
    class="strip"
    role="img"
    aria-label={`${rewards.filter((reward) => reward === 1).length} of ${rewards.length} right`}
  >
    {rewards.map((reward, i) => (
      <span key={i} class={reward === 1 ? 'right' : undefined} />
    ))}
  </span>
);
