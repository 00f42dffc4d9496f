import type { Metrics } from '../../core/contracts/metric-sink.js';
import { isOrzError } from '../../core/errors.js';
import { silentEvents } from '../../core/silent-events.js';
import type { Curve } from '../../core/study/outcome.js';
import { baseRecord } from '../../core/train/metrics/iteration-metrics.js';
import { readSummary } from '../../core/train/state/summary.js';
import { openRun } from '../dashboard/run-reader.js';
import { appendRecords, emptySeries, type RunSeries } from '../dashboard/shared/series.js';
import { createFolderStorage } from '../platform/storage.js';
import { distinctRuns, type PlannedArm } from './plan-runs.js';

/** How far a run is. */
export interface RunProgress {
  /** `new`: nothing is there; `partial`: begun, and nobody trains it now; `running`: another process does. */
  readonly state: 'new' | 'partial' | 'running' | 'finished';
  /** Iterations done. */
  readonly done: number;
  /** Seconds of training so far, all processes together. */
  readonly seconds: number;
}

export async function progressOf(folder: string): Promise<RunProgress> {
  const reader = await openRun(folder).catch((error: unknown) => {
    if (isOrzError(error) && error.code === 'ORZ_DATA_MISSING') return undefined;
    throw error;
  });
  if (reader === undefined) return { state: 'new', done: 0, seconds: 0 };
  const { state } = await reader.info();
  const { iterations, elapsed } = seriesOf(await recordsOf(folder));
  const progress = { done: iterations.at(-1) ?? 0, seconds: elapsed.at(-1) ?? 0 };
  return { state: state === 'unfinished' ? 'partial' : state, ...progress };
}

/** How far every run of a study is, by the name of its folder. */
export type StudyProgress = ReadonlyMap<string, RunProgress>;

export async function progressOfAll(arms: readonly PlannedArm[]): Promise<StudyProgress> {
  const entries = distinctRuns(arms).map(async ({ name, folder }) => [name, await progressOf(folder)] as const);
  return new Map(await Promise.all(entries));
}

/**
 * The curves of a finished run: the evaluation before training is iteration 0, and the one after training belongs to
 * the last iteration.
 */
export async function readFinished(folder: string): Promise<RunSeries> {
  const records = await recordsOf(folder);
  const summary = await readSummary(createFolderStorage(folder), silentEvents);
  const last = records.at(-1);
  if (summary === undefined || last === undefined) return seriesOf(records);
  return seriesOf([...records.slice(0, -1), { ...baseRecord(summary.after), ...last }]);
}

/** A metric of a run; empty where it has none of this name. */
export const curveOf = ({ iterations, columns }: RunSeries, metric: string): Curve => ({
  iterations,
  values: columns.get(metric) ?? [],
});

async function recordsOf(folder: string): Promise<Metrics[]> {
  const reader = await openRun(folder);
  const all: Metrics[] = [];
  for (let from = 0; ;) {
    const { records, next } = await reader.metrics(from, Number(all.at(-1)?.['iteration'] ?? 0));
    all.push(...records);
    if (next === from) return all;
    from = next;
  }
}

function seriesOf(records: readonly Metrics[]): RunSeries {
  const series = emptySeries();
  appendRecords(series, records);
  return series;
}
