import type { RunEvents } from '../../../core/contracts/run-events.js';
import { createFolderStorage } from '../../platform/storage.js';
import { isEvaluationFolder } from '../folder.js';
import { serverAddress } from './address.js';
import { describeTraffic, type TrafficCounts } from './traffic.js';

/** Beside the results and not in them: equal responses are equal results, however often a request was repeated. */
const trafficFile = 'requests.jsonl';

/** Says how many requests it took, and adds a line about it to the folder of the evaluation, if it has one by now. */
export async function recordTraffic(traffic: TrafficCounts, folder: string, events: RunEvents): Promise<void> {
  events.log('info', describeTraffic(traffic));
  if (!(await isEvaluationFolder(folder))) return;
  const line = new TextEncoder().encode(`${JSON.stringify(traffic)}\n`);
  await createFolderStorage(folder).append(trafficFile, line);
}

/** Part of the name of a folder: `127.0.0.1-8000`. */
export const serverFolderName = (url: string): string =>
  new URL(serverAddress(url).base).host.replaceAll(/[^\w.-]+/g, '-');
