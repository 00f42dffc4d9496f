import { useEffect, useMemo, useState } from 'preact/hooks';
import type { RolloutFileInfo, Source } from '../shared/data.js';
import { evenly } from '../shared/evenly.js';
import { passes, rowOf, sortRows, type RolloutFilter, type RolloutRow, type SortKey } from '../shared/rollout-rows.js';
import { preview } from '../shared/visible-text.js';
import { formatNumber } from './format.js';
import { linkTo } from './route.js';
import { ForeignText } from './text.js';
import type { LoadedRun } from './use-runs.js';
import { Verdict } from './verdict.js';

/** Maximum number of files read for one table: evenly chosen from the run if there are more. */
const maxFiles = 64;
const pageRows = 100;

interface Selection {
  readonly run: number;
  readonly set: string;
  readonly iteration: 'latest' | 'all' | number;
}

const noFilter: RolloutFilter = { verdict: '', stopReason: '', text: '' };

/** The stored responses as a table to sort and filter. */
export function Responses({ source, runs }: { readonly source: Source; readonly runs: readonly LoadedRun[] }) {
  const [selection, setSelection] = useState<Selection>({ run: 0, set: '', iteration: 'latest' });
  const [filter, setFilter] = useState(noFilter);
  const { files, rows, error } = useRows(source, runs, selection);
  const found = useMemo(() => rows?.filter((row) => passes(row, filter)), [rows, filter]);
  if (files?.length === 0)
    return (
      <p class="empty">
        This run has stored no responses (yet). The sink <code>rollouts</code> writes them.
      </p>
    );
  return (
    <>
      <Selectors runs={runs} files={files ?? []} selection={selection} onChange={setSelection} />
      <Filters rows={rows ?? []} filter={filter} onChange={setFilter} />
      {error !== undefined && (
        <p class="notice" role="alert">
          {error}
        </p>
      )}
      {found === undefined ? <p class="empty">Reading…</p> : <RowTable rows={found} total={rows?.length ?? 0} />}
    </>
  );
}

/** The rows of the chosen files; read again when the run has written more. */
function useRows(source: Source, runs: readonly LoadedRun[], { run, set, iteration }: Selection) {
  const [files, setFiles] = useState<readonly RolloutFileInfo[]>();
  const [rows, setRows] = useState<readonly RolloutRow[]>();
  const [error, setError] = useState<string>();
  const written = runs[run]?.series.iterations.length;
  useEffect(() => {
    let current = true;
    const read = async (): Promise<void> => {
      const all = await source.rolloutFiles(run);
      const ofSet = all.filter((file) => (file.set ?? '') === set);
      const chosen = filesOf(iteration, ofSet);
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

function filesOf(iteration: Selection['iteration'], files: readonly RolloutFileInfo[]): readonly RolloutFileInfo[] {
  if (iteration === 'all') return evenly(files, maxFiles);
  return iteration === 'latest' ? files.slice(-1) : files.filter((file) => file.iteration === iteration);
}

interface SelectorsProps {
  readonly runs: readonly LoadedRun[];
  readonly files: readonly RolloutFileInfo[];
  readonly selection: Selection;
  readonly onChange: (selection: Selection) => void;
}

function Selectors({ runs, files, selection, onChange }: SelectorsProps) {
  const sets = [...new Set(files.map((file) => file.set ?? ''))];
  const iterations = files.filter((file) => (file.set ?? '') === selection.set).map((file) => file.iteration);
  const all = iterations.length > maxFiles ? `${maxFiles} of ${iterations.length}, evenly` : `all ${iterations.length}`;
  return (
    <form class="controls" onSubmit={preventSubmit}>
      {runs.length > 1 && (
        <Select
          label="Run"
          value={String(selection.run)}
          options={runs.map(({ info }, run) => [String(run), info.name])}
          onChange={(run) => {
            onChange({ run: Number(run), set: '', iteration: 'latest' });
          }}
        />
      )}
      <Select
        label="Responses"
        value={selection.set}
        options={sets.map((set) => [set, set === '' ? 'trained on' : `evaluation: ${set}`])}
        onChange={(set) => {
          onChange({ ...selection, set, iteration: 'latest' });
        }}
      />
      <Select
        label="Iteration"
        value={String(selection.iteration)}
        options={[
          ['latest', 'latest'],
          ['all', all],
          ...iterations.map((each) => [String(each), String(each)] as const),
        ]}
        onChange={(value) => {
          onChange({ ...selection, iteration: value === 'latest' || value === 'all' ? value : Number(value) });
        }}
      />
    </form>
  );
}

const preventSubmit = (event: Event): void => {
  event.preventDefault();
};

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly onChange: (value: string) => void;
}

const Select = ({ label, value, options, onChange }: SelectProps) => (
  <label>
    {label}{' '}
    <select
      value={value}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
    >
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </select>
  </label>
);

interface FiltersProps {
  readonly rows: readonly RolloutRow[];
  readonly filter: RolloutFilter;
  readonly onChange: (filter: RolloutFilter) => void;
}

function Filters({ rows, filter, onChange }: FiltersProps) {
  const select = (label: string, key: 'verdict' | 'stopReason') => (
    <Select
      label={label}
      value={filter[key]}
      options={[['', 'any'], ...valuesOf(key, rows, filter).map((value) => [value, value] as const)]}
      onChange={(value) => {
        onChange({ ...filter, [key]: value });
      }}
    />
  );
  const bound = (label: string, placeholder: string, key: 'minTokens' | 'maxTokens') => (
    <input
      type="number"
      min="0"
      aria-label={label}
      placeholder={placeholder}
      value={filter[key] ?? ''}
      onInput={(event) => {
        const { [key]: _, ...others } = filter;
        onChange(event.currentTarget.value === '' ? others : { ...others, [key]: Number(event.currentTarget.value) });
      }}
    />
  );
  return (
    <form class="controls" role="search" onSubmit={preventSubmit}>
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
        Tokens {bound('minimum tokens', 'from', 'minTokens')} – {bound('maximum tokens', 'to', 'maxTokens')}
      </span>
    </form>
  );
}

/** The values that occur in the rows, and the selected one, in alphabetical order. */
function valuesOf(key: 'verdict' | 'stopReason', rows: readonly RolloutRow[], filter: RolloutFilter): string[] {
  const values = new Set<string>(rows.map(({ rollout }) => rollout[key]));
  if (filter[key] !== '') values.add(filter[key]);
  return [...values].sort();
}

interface Column {
  readonly key: SortKey;
  readonly title: string;
  readonly numeric?: true;
}

const columns: readonly Column[] = [
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

interface Sort {
  readonly key: SortKey;
  readonly descending: boolean;
}

type Order = 'ascending' | 'descending' | 'none';

const orderOf = ({ descending }: Sort): Order => (descending ? 'descending' : 'ascending');

const arrows: Readonly<Record<Order, string>> = { ascending: ' ▴', descending: ' ▾', none: '' };

interface ColumnHeadProps {
  readonly column: Column;
  readonly order: Order;
  readonly onSort: () => void;
}

const ColumnHead = ({ column: { title, numeric }, order, onSort }: ColumnHeadProps) => (
  <th class={numeric && 'number'} aria-sort={order}>
    <button type="button" onClick={onSort}>
      {title}
      {arrows[order]}
    </button>
  </th>
);

function RowTable({ rows, total }: { readonly rows: readonly RolloutRow[]; readonly total: number }) {
  const [sort, setSort] = useState<Sort>();
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
              {columns.map((column) => (
                <ColumnHead
                  key={column.key}
                  column={column}
                  order={sort?.key === column.key ? orderOf(sort) : 'none'}
                  onSort={() => {
                    by(column.key);
                  }}
                />
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
