import { useEffect, useMemo, useState } from 'preact/hooks';
import type { RolloutFileInfo, Source } from '../shared/data.js';
import { passes, rowOf, sortRows, type RolloutFilter, type RolloutRow, type SortKey } from '../shared/rollout-rows.js';
import { preview } from '../shared/visible-text.js';
import { formatNumber } from './format.js';
import { linkTo } from './route.js';
import { ForeignText } from './text.js';
import type { LoadedRun } from './use-runs.js';
import { Verdict } from './verdict.js';

/** Most files read for one table: evenly over the run if there are more. */
const mostFiles = 64;
const pageRows = 100;

interface Choice {
  readonly run: number;
  readonly set: string;
  readonly iteration: 'latest' | 'all' | number;
}

const everything: RolloutFilter = { verdict: '', stopReason: '', text: '' };

/** The stored responses as a table to sort and filter. */
export function Responses({ source, runs }: { readonly source: Source; readonly runs: readonly LoadedRun[] }) {
  const [choice, setChoice] = useState<Choice>({ run: 0, set: '', iteration: 'latest' });
  const [filter, setFilter] = useState(everything);
  const { files, rows, error } = useRows(source, runs, choice);
  const found = useMemo(() => rows?.filter((row) => passes(row, filter)), [rows, filter]);
  if (files?.length === 0)
    return (
      <p class="empty">
        This run has stored no responses (yet). The sink <code>rollouts</code> writes them.
      </p>
    );
  return (
    <>
      <Choices runs={runs} files={files ?? []} choice={choice} onChange={setChoice} />
      <Filters rows={rows ?? []} filter={filter} onChange={setFilter} />
      {error !== undefined && (
        <p class="notice" role="alert">
          {error}
        </p>
      )}
      {found === undefined ? <p class="empty">Reading…</p> : <RowTable rows={found} total={rows!.length} />}
    </>
  );
}

/** The rows of the chosen files; read again when the run has written more. */
function useRows(source: Source, runs: readonly LoadedRun[], { run, set, iteration }: Choice) {
  const [files, setFiles] = useState<readonly RolloutFileInfo[]>();
  const [rows, setRows] = useState<readonly RolloutRow[]>();
  const [error, setError] = useState<string>();
  const written = runs[run]?.series.iterations.length;
  useEffect(() => {
    let current = true;
    const read = async (): Promise<void> => {
      const all = await source.rolloutFiles(run);
      const ofSet = all.filter((file) => (file.set ?? '') === set);
      const chosen =
        iteration === 'all'
          ? spread(ofSet, mostFiles)
          : iteration === 'latest'
            ? ofSet.slice(-1)
            : ofSet.filter((file) => file.iteration === iteration);
      const read = await Promise.all(
        chosen.map(async (file) => (await source.rollouts(run, file)).map((rollout) => rowOf({ run, file, rollout }))),
      );
      if (!current) return;
      setFiles(all);
      setRows(read.flat());
      setError(undefined);
    };
    read().catch((cause: unknown) => {
      if (current) setError(`The responses cannot be read: ${(cause as Error).message}`);
    });
    return () => {
      current = false;
    };
  }, [source, run, set, iteration, written]);
  return { files, rows, error };
}

function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!);
}

interface ChoicesProps {
  readonly runs: readonly LoadedRun[];
  readonly files: readonly RolloutFileInfo[];
  readonly choice: Choice;
  readonly onChange: (choice: Choice) => void;
}

function Choices({ runs, files, choice, onChange }: ChoicesProps) {
  const sets = [...new Set(files.map((file) => file.set ?? ''))];
  const iterations = files.filter((file) => (file.set ?? '') === choice.set).map((file) => file.iteration);
  return (
    <form
      class="controls"
      onSubmit={(event) => {
        event.preventDefault();
      }}
    >
      {runs.length > 1 && (
        <label>
          Run{' '}
          <select
            value={choice.run}
            onChange={(event) => {
              onChange({ run: Number(event.currentTarget.value), set: '', iteration: 'latest' });
            }}
          >
            {runs.map(({ info }, run) => (
              <option key={run} value={run}>
                {info.name}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        Responses{' '}
        <select
          value={choice.set}
          onChange={(event) => {
            onChange({ ...choice, set: event.currentTarget.value, iteration: 'latest' });
          }}
        >
          {sets.map((set) => (
            <option key={set} value={set}>
              {set === '' ? 'trained on' : `evaluation: ${set}`}
            </option>
          ))}
        </select>
      </label>
      <label>
        Iteration{' '}
        <select
          value={String(choice.iteration)}
          onChange={(event) => {
            const value = event.currentTarget.value;
            onChange({ ...choice, iteration: value === 'latest' || value === 'all' ? value : Number(value) });
          }}
        >
          <option value="latest">latest</option>
          <option value="all">
            {iterations.length > mostFiles
              ? `${mostFiles} of ${iterations.length}, evenly`
              : `all ${iterations.length}`}
          </option>
          {iterations.map((iteration) => (
            <option key={iteration} value={iteration}>
              {iteration}
            </option>
          ))}
        </select>
      </label>
    </form>
  );
}

interface FiltersProps {
  readonly rows: readonly RolloutRow[];
  readonly filter: RolloutFilter;
  readonly onChange: (filter: RolloutFilter) => void;
}

function Filters({ rows, filter, onChange }: FiltersProps) {
  const select = (label: string, key: 'verdict' | 'stopReason') => (
    <label>
      {label}{' '}
      <select
        value={filter[key]}
        onChange={(event) => {
          onChange({ ...filter, [key]: event.currentTarget.value });
        }}
      >
        <option value="">any</option>
        {[...new Set([...rows.map(({ rollout }) => rollout[key]), ...(filter[key] === '' ? [] : [filter[key]])])]
          .sort()
          .map((value) => (
            <option key={value} value={value}>
              {value}
            </option>
          ))}
      </select>
    </label>
  );
  const bound = (label: string, key: 'least' | 'most') => (
    <input
      type="number"
      min="0"
      aria-label={label}
      placeholder={key === 'least' ? 'from' : 'to'}
      value={filter[key] ?? ''}
      onInput={(event) => {
        const { [key]: _, ...others } = filter;
        onChange(event.currentTarget.value === '' ? others : { ...others, [key]: Number(event.currentTarget.value) });
      }}
    />
  );
  return (
    <form
      class="controls"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
      }}
    >
      <label>
        Search{' '}
        <input
          type="search"
          value={filter.text}
          placeholder="question, response, answer"
          onInput={(event) => {
            onChange({ ...filter, text: event.currentTarget.value });
          }}
        />
      </label>
      {select('Verdict', 'verdict')}
      {select('Ended by', 'stopReason')}
      <span>
        Tokens {bound('fewest tokens', 'least')} – {bound('most tokens', 'most')}
      </span>
    </form>
  );
}

const columns: readonly { readonly key: SortKey; readonly title: string; readonly numeric?: true }[] = [
  { key: 'iteration', title: 'Iteration', numeric: true },
  { key: 'question', title: 'Problem' },
  { key: 'answer', title: 'Answer' },
  { key: 'verdict', title: 'Verdict' },
  { key: 'reward', title: 'Reward', numeric: true },
  { key: 'length', title: 'Tokens', numeric: true },
  { key: 'stopReason', title: 'Ended by' },
  { key: 'probability', title: 'Probability', numeric: true },
  { key: 'entropy', title: 'Entropy', numeric: true },
];

function RowTable({ rows, total }: { readonly rows: readonly RolloutRow[]; readonly total: number }) {
  const [sort, setSort] = useState<{ readonly key: SortKey; readonly descending: boolean }>();
  const [limit, setLimit] = useState(pageRows);
  const sorted = useMemo(() => (sort === undefined ? rows : sortRows(rows, sort.key, sort.descending)), [rows, sort]);
  const by = (key: SortKey): void => {
    setSort(sort?.key === key ? { key, descending: !sort.descending } : { key, descending: false });
  };
  return (
    <>
      <p class="muted" role="status">
        {rows.length === total ? `${total} responses` : `${rows.length} of ${total} responses`}
      </p>
      <div class="table-box">
        <table>
          <thead>
            <tr>
              {columns.map(({ key, title, numeric }) => (
                <th
                  key={key}
                  class={numeric && 'number'}
                  aria-sort={sort?.key === key ? (sort.descending ? 'descending' : 'ascending') : 'none'}
                >
                  <button
                    type="button"
                    onClick={() => {
                      by(key);
                    }}
                  >
                    {title}
                    {sort?.key === key ? (sort.descending ? ' ▾' : ' ▴') : ''}
                  </button>
                </th>
              ))}
              <th>Response</th>
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, limit).map((row) => (
              <Row key={`${row.file.file} ${row.rollout.index}`} row={row} />
            ))}
          </tbody>
        </table>
      </div>
      {sorted.length > limit && (
        <p>
          <button
            type="button"
            onClick={() => {
              setLimit(limit + pageRows);
            }}
          >
            Show {Math.min(pageRows, sorted.length - limit)} more
          </button>
        </p>
      )}
    </>
  );
}

function Row({ row: { run, file, rollout, iteration, length, probability, entropy } }: { readonly row: RolloutRow }) {
  const link = linkTo(run, file.file, rollout.index);
  return (
    <tr
      onClick={() => {
        location.hash = link;
      }}
    >
      <td class="number">{iteration}</td>
      <td class="short">
        <ForeignText text={preview(rollout.question, 60)} />
      </td>
      <td class="short">
        {rollout.answer === undefined ? (
          <span class="muted">none</span>
        ) : (
          <ForeignText text={preview(rollout.answer, 24)} />
        )}
        {rollout.verdict !== 'correct' && (
          <span class="muted">
            {' '}
            ≠ <ForeignText text={preview(rollout.gold, 24)} />
          </span>
        )}
      </td>
      <td>
        <Verdict verdict={rollout.verdict} />
      </td>
      <td class="number">{formatNumber(rollout.reward)}</td>
      <td class="number">{length}</td>
      <td>{rollout.stopReason}</td>
      <td class="number">{formatNumber(probability)}</td>
      <td class="number">{entropy === undefined ? '–' : formatNumber(entropy)}</td>
      <td class="response">
        <a href={link}>
          <ForeignText text={preview(rollout.text, 90) || '(empty)'} />
        </a>
      </td>
    </tr>
  );
}
