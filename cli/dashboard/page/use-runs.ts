import { useEffect, useState } from 'preact/hooks';
import type { RunInfo, RunWarning, Source } from '../shared/data.js';
import { examine, noWarnings, type RunHealth } from '../shared/health.js';
import { appendRecords, emptySeries, type RunSeries } from '../shared/series.js';

/** A run with all metrics known so far. A new object whenever something came. */
export interface LoadedRun {
  readonly info: RunInfo;
  readonly series: RunSeries;
  /** Of the last iteration that raised any. */
  readonly warnings: readonly RunWarning[];
}

const pollMs = 2000;

interface Progress {
  readonly series: RunSeries;
  next: number;
  health: RunHealth;
}

/** The runs, kept up to date while the source is live and the page can be seen. */
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
    const look = async (): Promise<void> => {
      try {
        const infos = await source.runs();
        const changed = await Promise.all(infos.map((_, run) => advance(source, run, progress)));
        if (ended) return;
        setRuns((before) =>
          infos.map((info, run) =>
            before?.[run] === undefined || changed[run] || before[run].info.state !== info.state
              ? { info, ...pick(progress.get(run)!) }
              : before[run],
          ),
        );
        setError(undefined);
      } catch (cause) {
        if (!ended) setError(`No answer: ${(cause as Error).message}. Trying again every ${pollMs / 1000} s.`);
      }
      if (source.live && !ended)
        timer = setTimeout(() => {
          void whenVisible(look);
        }, pollMs);
    };
    void look();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [source]);
  return { runs, error };
}

const pick = ({ series, health }: Progress): Pick<LoadedRun, 'series' | 'warnings'> => ({
  series,
  warnings: health.warnings,
});

/** Asks until there is nothing new; whether anything was. */
async function advance(source: Source, run: number, all: Map<number, Progress>): Promise<boolean> {
  let mine = all.get(run) ?? begin();
  let changed = !all.has(run);
  for (;;) {
    const { records, next, restarted, warnings } = await source.metrics(
      run,
      mine.next,
      mine.series.iterations.at(-1) ?? 0,
    );
    if (restarted) mine = begin();
    appendRecords(mine.series, records);
    mine.health = warnings === undefined ? examine(mine.health, records) : { ...noWarnings, warnings };
    all.set(run, mine);
    changed ||= restarted || records.length > 0;
    if (next === mine.next) return changed;
    mine.next = next;
  }
}

const begin = (): Progress => ({ series: emptySeries(), next: 0, health: noWarnings });

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
