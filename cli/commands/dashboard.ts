import { setTimeout } from 'node:timers/promises';
import { OrzError } from '../../core/errors.js';
import { loadAssets } from '../dashboard/assets.js';
import { newestRun } from '../dashboard/newest-run.js';
import { openRun } from '../dashboard/run-reader.js';
import { startDashboard, type Dashboard, type DashboardOptions } from '../dashboard/server.js';
import { exitCodes } from '../report-error.js';

export interface DashboardFlags {
  readonly host?: string;
  readonly port?: string;
}

const loopback = '127.0.0.1';
const usualPort = 4680;

/** `orz-train dashboard`: serves pages about runs until Ctrl-C. Returns the exit code. */
export async function dashboard(folders: readonly string[], flags: DashboardFlags): Promise<number> {
  const runs = await Promise.all((folders.length > 0 ? folders : [await newestRun(process.cwd())]).map(openRun));
  const host = flags.host ?? loopback;
  const options = { runs, assets: await loadAssets(), host };
  const served = flags.port === undefined ? await startAnywhere(options) : await startDashboard({ ...options, port: parsePort(flags.port) });
  process.stdout.write(`${served.url}\n`);
  for (const run of runs) process.stdout.write(`  ${(await run.info()).folder}\n`);
  if (!isLoopback(host)) process.stdout.write('Everybody who can reach this address can read these runs.\n');
  process.stdout.write('Ctrl-C ends it.\n');
  await interrupted();
  await served.close();
  return exitCodes.ok;
}

/** On the usual port, so that a bookmark works; on any other if that is taken. */
async function startAnywhere(options: Omit<DashboardOptions, 'port'>): Promise<Dashboard> {
  return startDashboard({ ...options, port: usualPort }).catch((error: unknown) => {
    if (error instanceof OrzError && error.details.value === 'EADDRINUSE') return startDashboard({ ...options, port: 0 });
    throw error;
  });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new OrzError('ORZ_USAGE', '--port is no port number', { value: text, allowed: '0 (any free port) to 65535', origin: '--port', remedy: 'Leave it out to get a free port.' });
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

async function interrupted(): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => { stop.abort(); });
  // A timer that never ends keeps nothing else than this promise waiting.
  await setTimeout(2 ** 31 - 1, undefined, { signal: stop.signal }).catch(() => undefined);
}
