import { loadAssets } from '../dashboard/assets.js';
import { newestRun } from '../dashboard/newest-run.js';
import { openRun } from '../dashboard/run-reader.js';
import { startDashboard } from '../dashboard/server.js';
import { exitCodes } from '../report-error.js';
import { interrupted, isLoopback, loopback, startOn } from './serving.js';

export interface DashboardFlags {
  readonly host?: string;
  readonly port?: string;
}

const usualPort = 4680;

/** `orz-train dashboard`: serves pages about runs until Ctrl-C. Returns the exit code. */
export async function dashboard(folders: readonly string[], flags: DashboardFlags): Promise<number> {
  const runs = await Promise.all((folders.length > 0 ? folders : [await newestRun(process.cwd())]).map(openRun));
  const host = flags.host ?? loopback;
  const assets = await loadAssets();
  const served = await startOn(flags.port, usualPort, (port) => startDashboard({ runs, assets, host, port }));
  process.stdout.write(`${served.url}\n`);
  for (const run of runs) process.stdout.write(`  ${(await run.info()).folder}\n`);
  if (!isLoopback(host)) process.stdout.write('Everybody who can reach this address can read these runs.\n');
  process.stdout.write('Ctrl-C ends it.\n');
  await interrupted();
  await served.close();
  return exitCodes.ok;
}
