import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunEvents } from '../../../core/contracts/run-events.js';
import { serverAddress } from './address.js';
import { describeTraffic, type TrafficCounts } from './traffic.js';

/** Beside the results and not in them: equal responses are equal results, however often a request was repeated. */
const trafficFile = 'requests.jsonl';

/** Says how many requests it took, and adds a line about it to the folder of the evaluation, if there is one. */
export async function recordTraffic(traffic: TrafficCounts, folder: string, events: RunEvents): Promise<void> {
  events.log('info', describeTraffic(traffic));
  await appendFile(join(folder, trafficFile), `${JSON.stringify(traffic)}\n`).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
}

/** Part of the name of a folder: `127.0.0.1-8000`. */
export const serverFolderName = (url: string): string =>
  new URL(serverAddress(url).base).host.replaceAll(/[^\w.-]+/g, '-');
