import type { PageAssets } from './assets.js';
import { reportPage } from './html.js';
import { chooseForReport } from './report-rollouts.js';
import type { RunReader } from './run-reader.js';
import type { ChosenRollouts, ReportData, ReportRun } from './shared/data.js';
import { examine, noWarnings, type RunHealth } from './shared/health.js';
import { downsample } from './shared/downsample.js';
import { appendRecords, emptySeries, type RunSeries } from './shared/series.js';

/** Points of each curve that a report keeps; see {@link downsample}. */
const pointsPerCurve = 600;
/** Bytes of JSON that the responses of all runs may take together. With the page and the curves a report stays below 2 MB. */
const rolloutBytes = 1_100_000;
/** What the columns of all runs may take together; runs share it. */
const curveBytes = 500_000;

/** A page with everything inside, below 2 MB, that opens without a server or a network. */
export async function makeReport(runs: readonly RunReader[], assets: PageAssets): Promise<string> {
  const infos = await Promise.all(runs.map((run) => run.info()));
  const curves = await Promise.all(runs.map(readCurves));
  const rollouts = await Promise.all(runs.map((run) => chooseForReport(run, Math.floor(rolloutBytes / runs.length))));
  const data: ReportData = {
    runs: runs.map((_, i) => ({
      info: infos[i]!,
      series: compact(curves[i]!.series, runs.length),
      warnings: curves[i]!.health.warnings,
      rollouts: rollouts[i]!,
    })),
    note: noteOf(
      curves.map(({ series }) => series),
      rollouts,
      await Promise.all(runs.map((run) => run.rolloutFiles())),
    ),
  };
  return reportPage(`${infos.map(({ name }) => name).join(', ')} · orz-train report`, data, assets);
}

/** All metrics of a run, in a few portions. */
async function readCurves(run: RunReader): Promise<{ readonly series: RunSeries; readonly health: RunHealth }> {
  const series = emptySeries();
  let health = noWarnings;
  for (let from = 0; ;) {
    const { records, next } = await run.metrics(from, series.iterations.at(-1) ?? 0);
    appendRecords(series, records);
    health = examine(health, records);
    if (next === from) return { series, health };
    from = next;
  }
}

function compact(series: RunSeries, runs: number): ReportRun['series'] {
  const short = (x: number | null): number | null => (x === null ? null : Number(x.toPrecision(6)));
  const bytesPerPoint = 10 * (series.columns.size + 2);
  const points = Math.max(40, Math.min(pointsPerCurve, Math.floor(curveBytes / runs / bytesPerPoint)));
  const { iterations, elapsed, columns } = downsample(series, points);
  return {
    iterations,
    elapsed: elapsed.map((x) => Number(x.toFixed(1))),
    columns: Object.fromEntries([...columns].map(([name, values]) => [name, values.map(short)])),
  };
}

function noteOf(
  series: readonly RunSeries[],
  rollouts: readonly (readonly ChosenRollouts[])[],
  files: readonly (readonly unknown[])[],
): string {
  const stored = rollouts.flat().reduce((n, { rollouts: kept }) => n + kept.length, 0);
  const [chosen, all] = [rollouts.flat().length, files.flat().length];
  const curves = series.some(({ iterations }) => iterations.length > pointsPerCurve)
    ? ' Curves keep the extremes of every stretch of iterations.'
    : '';
  return `A report holds some of the responses: ${stored} from ${chosen} of ${all} files of the run folder.${curves} The dashboard shows all that were stored: orz-train dashboard RUN_DIR.`;
}
