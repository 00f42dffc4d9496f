import { elementAt, zip } from '../../../core/arrays.js';
import type {
  MetricsUpdate,
  ReportData,
  ReportRun,
  Rollout,
  RolloutFileInfo,
  RunInfo,
  Source,
} from '../shared/data.js';
import { parseLines } from '../shared/json-lines.js';
import { elapsedName } from '../shared/series.js';
import { servedEvaluations } from './evaluation-sources.js';
import { fetched } from './fetched.js';

/** Number of rollout files kept in memory; the least recently used is dropped. */
const cachedFiles = 96;

/** The server that the page came from. */
export function serverSource(): Source {
  const cache = new Map<string, Promise<readonly Rollout[]>>();
  return {
    live: true,
    evaluations: servedEvaluations,
    runs: () => fetchJson<RunInfo[]>('/api/runs'),
    metrics: (run, from, seen) => fetchJson<MetricsUpdate>(`/api/runs/${run}/metrics?from=${from}&seen=${seen}`),
    rolloutFiles: (run) => fetchJson<RolloutFileInfo[]>(`/api/runs/${run}/rollouts`),
    rollouts: (run, { file, bytes }) => {
      const path = `/api/runs/${run}/rollouts/${encodeURIComponent(file)}`;
      // The size is part of the key: a resumed run may write an iteration again.
      const key = `${path} ${bytes}`;
      const rollouts = cache.get(key) ?? fetchRollouts(path);
      cache.delete(key);
      cache.set(key, rollouts);
      rollouts.catch(() => cache.delete(key));
      for (const oldest of [...cache.keys()].slice(0, -cachedFiles)) cache.delete(oldest);
      return rollouts;
    },
  };
}

const fetchJson = async <T>(path: string): Promise<T> => (await fetched(path)).json() as Promise<T>;

/** The responses of a file, without its header. */
async function fetchRollouts(path: string): Promise<readonly Rollout[]> {
  const content = await (await fetched(path)).arrayBuffer();
  return parseLines<Rollout>(new Uint8Array(content)).records.slice(1);
}

/** The data in a report, in the form in which a server would send them. */
export function embeddedSource(json: string): Source {
  const { runs, note, thinned = false } = JSON.parse(json) as ReportData;
  return {
    live: false,
    note,
    thinned,
    runs: async () => runs.map(({ info }) => info),
    metrics: async (run, from) => {
      const { series, warnings } = elementAt(runs, run);
      return { records: from > 0 ? [] : recordsOf(series), next: 1, restarted: false, warnings };
    },
    rolloutFiles: async (run) => elementAt(runs, run).rollouts.map(({ file }) => file),
    rollouts: async (run, { file }) =>
      elementAt(runs, run).rollouts.find((chosen) => chosen.file.file === file)?.rollouts ?? [],
  };
}

/** Columns as records again; names keep their slashes. */
function recordsOf({ iterations, elapsed, columns }: ReportRun['series']): Record<string, number | null>[] {
  return [...zip(iterations, elapsed)].map(([iteration, seconds, row]) => ({
    iteration,
    [elapsedName]: seconds,
    ...Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[row] ?? null])),
  }));
}
