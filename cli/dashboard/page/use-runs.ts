import { useEffect, useState } from 'preact/hooks';
import { zip } from '../../../core/arrays.js';
import type { Average } from '../shared/average.js';
import type { RunInfo, RunWarning, Source } from '../shared/data.js';
import { examine, noWarnings, shownWarnings, type RunHealth } from '../shared/health.js';
import { appendRecords, emptySeries, type RunSeries } from '../shared/series.js';

/** A run, or the mean over the runs of an arm, with all metrics so far. A new object whenever something has changed. */
export interface LoadedRun {
  readonly info: RunInfo;
  readonly series: RunSeries;
  /** 95 % intervals of the columns by name, only of a mean over runs. */
  readonly bands?: Average['bands'];
  /** The active ones. */
  readonly warnings: readonly RunWarning[];
}

const pollMs = 2000;

interface Progress {
  readonly series: RunSeries;
  next: number;
  health: RunHealth;
}

/** The runs, kept up to date while the source is live and the page is visible. */
export function useRuns(source: Source): {
  readonly runs: readonly LoadedRun[] | undefined;
  readonly error: string | undefined;
} {
  const [runs, setRuns] = useState<readonly LoadedRun[]>();
  const [error, setError] = useState<string>();
  useEffect(() => {
    const progress = new Map<number, Progress>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    const poll = async (): Promise<void> => {
      try {
        const infos = await source.runs();
        const updates = await Promise.all(infos.map((_, run) => update(source, run, progress)));
        if (ended) return;
        setRuns((before) =>
          [...zip(infos, updates)].map(
            ([
              info,
              {
                changed,
                progress: { series, health },
              },
              run,
            ]) => {
              const known = before?.[run];
              const isCurrent = known !== undefined && !changed && JSON.stringify(known.info) === JSON.stringify(info);
              return isCurrent ? known : { info, series, warnings: shownWarnings(health) };
            },
          ),
        );
        setError(undefined);
      } catch (cause) {
        if (!ended) setError(`No answer: ${(cause as Error).message}. Trying again every ${pollMs / 1000} s.`);
      }
      if (source.live && !ended)
        timer = setTimeout(() => {
          void whenVisible(poll);
        }, pollMs);
    };
    void poll();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [source]);
  return { runs, error };
}

interface Update {
  readonly progress: Progress;
  readonly changed: boolean;
}

/** Fetches the metrics of a run until there are no new ones. */
async function update(source: Source, run: number, all: Map<number, Progress>): Promise<Update> {
  let progress = all.get(run) ?? initialProgress();
  let changed = !all.has(run);
  for (;;) {
    const lastIteration = progress.series.iterations.at(-1) ?? 0;
    const { records, next, restarted, warnings, damaged } = await source.metrics(run, progress.next, lastIteration);
    if (restarted) progress = initialProgress();
    appendRecords(progress.series, records);
    progress.health = warnings === undefined ? examine(progress.health, records, damaged) : { ...noWarnings, warnings };
    all.set(run, progress);
    changed ||= restarted || records.length > 0 || damaged !== undefined;
    if (next === progress.next) return { progress, changed };
    progress.next = next;
  }
}

const initialProgress = (): Progress => ({ series: emptySeries(), next: 0, health: noWarnings });

async function whenVisible(work: () => Promise<void>): Promise<void> {
  if (document.hidden)
    await new Promise<void>((resolve) => {
      document.addEventListener(
        'visibilitychange',
        () => {
          resolve();
        },
        { once: true },
      );
    });
  await work();
}
