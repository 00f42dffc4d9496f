import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunEvents } from '../../core/contracts/run-events.js';
import { shellQuote } from '../../core/shell-quote.js';
import { loadAssets } from '../dashboard/assets.js';
import { makeReport } from '../dashboard/report.js';
import { openRun } from '../dashboard/run-reader.js';
import { createFolderStorage } from '../platform/storage.js';

/** Name of a run's report in its folder. */
export const reportFile = 'report.html';

/**
 * Writes the report of a run, whether it succeeded or failed, if it has metrics. A report that cannot be written is
 * only a warning: the run is worth more.
 */
export async function writeReport(folder: string, events: RunEvents): Promise<void> {
  if (!(await stat(join(folder, 'metrics.jsonl')).catch(() => undefined))?.size) return;
  try {
    await createFolderStorage(folder).write(reportFile, await makeReport([await openRun(folder)], await loadAssets()));
    events.log('info', `report: ${join(folder, reportFile)}`);
  } catch (error) {
    const retry = `orz-train report ${shellQuote(folder)}`;
    events.log('warn', `${reportFile} was not written: ${(error as Error).message}. To write it later: ${retry}`);
  }
}
