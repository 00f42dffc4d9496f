import { zip } from '../../core/arrays.js';
import type { PageAssets } from './assets.js';
import { describeRuns } from './differences.js';
import { reportPage } from './html.js';
import { chooseForReport } from './report-rollouts.js';
import type { RunReader } from './run-reader.js';
import type { ReportData, ReportRun, RunInfo } from './shared/data.js';
import { downsample } from './shared/downsample.js';
import { examine, noWarnings, shownWarnings, type RunHealth } from './shared/health.js';
import { appendRecords, emptySeries, type RunSeries } from './shared/series.js';

/** Maximum number of points of each curve; see {@link downsample}. */
const pointsPerCurve = 600;
/** Maximum bytes of JSON for the responses of all runs. With the page and the curves a report stays below 2 MB. */
const rolloutBytes = 1_100_000;
/** Maximum bytes of JSON for the curves of all runs. */
const curveBytes = 500_000;

/** A page with its data embedded, below 2 MB, that opens without a server or a network. */
export async function makeReport(runs: readonly RunReader[], assets: PageAssets): Promise<string> {
  const infos = await describeRuns(runs);
  const read = await Promise.all([...zip(runs, infos)].map(([run, info]) => readRun(run, info, runs.length)));
  const thinned = read.some(isThinned);
  const data: ReportData = { runs: read.map(({ run }) => run), note: noteOf(read), ...(thinned && { thinned }) };
  const names = data.runs.map(({ info }) => info.name);
  return reportPage(`${names.join(', ')} · orz-train report`, { id: 'report', data }, assets);
}

/** A run as a report shows it, with the numbers of what there is in all. */
interface ReadRun {
  readonly run: ReportRun;
  readonly iterations: number;
  readonly files: number;
  /** Files of responses that cannot be read. */
  readonly damaged: readonly string[];
}

async function readRun(run: RunReader, info: RunInfo, runs: number): Promise<ReadRun> {
  const { series, health } = await readCurves(run);
  const { chosen, damaged } = await chooseForReport(run, Math.floor(rolloutBytes / runs));
  return {
    run: {
      info,
      series: compact(series, runs),
      warnings: shownWarnings(health),
      rollouts: chosen,
    },
    iterations: series.iterations.length,
    files: (await run.rolloutFiles()).length,
    damaged,
  };
}

/** All metrics of a run, portion by portion. */
async function readCurves(run: RunReader): Promise<{ readonly series: RunSeries; readonly health: RunHealth }> {
  const series = emptySeries();
  let health = noWarnings;
  for (let from = 0; ;) {
    const { records, next, damaged } = await run.metrics(from, series.iterations.at(-1) ?? 0);
    appendRecords(series, records);
    health = examine(health, records, damaged);
    if (next === from) return { series, health };
    from = next;
  }
}

function compact(series: RunSeries, runs: number): ReportRun['series'] {
  const rounded = (x: number | null): number | null => (x === null ? null : Number(x.toPrecision(6)));
  const bytesPerPoint = 10 * (series.columns.size + 2);
  const points = Math.max(40, Math.min(pointsPerCurve, Math.floor(curveBytes / runs / bytesPerPoint)));
  const { iterations, elapsed, columns } = downsample(series, points);
  return {
    iterations,
    elapsed: elapsed.map((x) => Number(x.toFixed(1))),
    columns: Object.fromEntries([...columns].map(([name, values]) => [name, values.map(rounded)])),
  };
}

const isThinned = ({ run, iterations }: ReadRun): boolean => run.series.iterations.length < iterations;

/** What the report leaves out, in plain words. */
function noteOf(read: readonly ReadRun[]): string {
  const chosen = read.flatMap(({ run }) => run.rollouts);
  const responses = chosen.reduce((sum, { rollouts }) => sum + rollouts.length, 0);
  const files = read.reduce((sum, run) => sum + run.files, 0);
  const damaged = read.flatMap((run) => run.damaged);
  const several = read.length > 1;
  const sentences = [
    `A report contains some of the responses: ${responses} from ${chosen.length} of ${files} files of the run folder.`,
    ...(read.some(isThinned)
      ? [`Curves keep the extremes of each section of iterations${several ? ' and are not averaged over seeds' : ''}.`]
      : []),
    ...(damaged.length > 0 ? [`Damaged and left out: ${damaged.join(', ')}.`] : []),
    'The dashboard shows all that were stored: orz-train dashboard RUN_DIR',
  ];
  return sentences.join(' ');
}
