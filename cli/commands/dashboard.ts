import { loadAssets } from '../dashboard/assets.js';
import { newestRun } from '../dashboard/newest-run.js';
import { describeRuns } from '../dashboard/differences.js';
import { openRun } from '../dashboard/run-reader.js';
import { runsIn } from '../dashboard/runs-in.js';
import { startDashboard } from '../dashboard/server.js';
import { readerOf } from '../evaluate/report/html-report.js';
import { holdsEvaluation, readEvaluations } from '../evaluate/report/read-evaluation.js';
import { exitCodes } from '../report-error.js';
import { differenceLines } from '../dashboard/shared/differences.js';
import { printable } from '../terminal/format.js';
import { namedOrNewest } from '../run/default-run.js';
import { interrupted, isLoopback, loopback, startOn } from './serving.js';

export interface DashboardFlags {
  readonly host?: string;
  readonly port?: string;
}

const defaultPort = 4680;

/** `orz-train dashboard`: serves pages about runs and evaluations until Ctrl-C. Returns the exit code. */
export async function dashboard(folders: readonly string[], flags: DashboardFlags): Promise<number> {
  const named = folders.length > 0 ? folders : [await namedOrNewest(undefined, newestRun)];
  const chosen = (await Promise.all(named.map(runsIn))).flat();
  const areEvaluations = await Promise.all(chosen.map(holdsEvaluation));
  const runs = await Promise.all(chosen.filter((_, i) => areEvaluations[i] !== true).map(openRun));
  const stored = await readEvaluations(chosen.filter((_, i) => areEvaluations[i] === true));
  const evaluations = stored.map(readerOf);
  const host = flags.host ?? loopback;
  const assets = await loadAssets();
  const served = await startOn(flags.port, defaultPort, (port) =>
    startDashboard({ runs, evaluations, assets, host, port }),
  );
  process.stdout.write(`${served.url}\n`);
  for (const run of runs) process.stdout.write(`  ${(await run.info()).folder}\n`);
  for (const { name } of evaluations) process.stdout.write(`  evaluation of ${printable(name)}\n`);
  for (const line of differenceLines(await describeRuns(runs)))
    process.stdout.write(`  differ in ${printable(line)}\n`);
  if (!isLoopback(host)) process.stdout.write('Everyone who can reach this address can read all of this.\n');
  process.stdout.write('Press Ctrl-C to stop.\n');
  await interrupted();
  await served.close();
  return exitCodes.ok;
}
