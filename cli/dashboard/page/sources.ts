import type { MetricsUpdate, ReportData, Rollout, RolloutFileInfo, RunInfo, Source } from '../shared/data.js';
import { parseLines } from '../shared/json-lines.js';
import { elapsedName } from '../shared/series.js';

/** Files of responses kept in memory, the oldest let go. */
const rememberedFiles = 96;

/** Asks the server the page came from. */
export function serverSource(): Source {
  const files = new Map<string, Promise<readonly Rollout[]>>();
  const ask = async <T>(path: string): Promise<T> => (await fetched(path)).json() as Promise<T>;
  return {
    live: true,
    runs: () => ask<RunInfo[]>('/api/runs'),
    metrics: (run, from, seen) => ask<MetricsUpdate>(`/api/runs/${run}/metrics?from=${from}&seen=${seen}`),
    rolloutFiles: (run) => ask<RolloutFileInfo[]>(`/api/runs/${run}/rollouts`),
    rollouts: (run, { file, bytes }) => {
      const path = `/api/runs/${run}/rollouts/${encodeURIComponent(file)}`;
      // The size is part of the key: a resumed run may write an iteration again.
      const key = `${path} ${bytes}`;
      const known =
        files.get(key) ??
        fetched(path).then(async (answer) =>
          parseLines<Rollout>(new Uint8Array(await answer.arrayBuffer())).records.slice(1),
        );
      files.delete(key);
      files.set(key, known);
      known.catch(() => files.delete(key));
      if (files.size > rememberedFiles) files.delete([...files.keys()][0]!);
      return known;
    },
  };
}

async function fetched(path: string): Promise<Response> {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error((await answer.text()).trim() || `the server answered ${answer.status}`);
  return answer;
}

/** The data that a report holds, as the server would have given them. */
export function embeddedSource(json: string): Source {
  const { runs, note } = JSON.parse(json) as ReportData;
  return {
    live: false,
    note,
    runs: async () => runs.map(({ info }) => info),
    metrics: async (run, from) => ({
      records: from > 0 ? [] : recordsOf(runs[run]!.series),
      next: 1,
      restarted: false,
      warnings: runs[run]!.warnings,
    }),
    rolloutFiles: async (run) => runs[run]!.rollouts.map(({ file }) => file),
    rollouts: async (run, { file }) => runs[run]!.rollouts.find((chosen) => chosen.file.file === file)?.rollouts ?? [],
  };
}

/** Columns as records again; names keep their slashes. */
function recordsOf({
  iterations,
  elapsed,
  columns,
}: ReportData['runs'][number]['series']): Record<string, number | null>[] {
  return iterations.map(
    (iteration, row) =>
      Object.fromEntries([
        ['iteration', iteration],
        [elapsedName, elapsed[row]],
        ...Object.entries(columns).map(([name, values]) => [name, values[row] ?? null] as const),
      ]) as Record<string, number | null>,
  );
}
