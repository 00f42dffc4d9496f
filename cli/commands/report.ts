import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { elementAt } from '../../core/arrays.js';
import { formatBytes } from '../../core/plan/units.js';
import { loadAssets } from '../dashboard/assets.js';
import { newestRun } from '../dashboard/newest-run.js';
import { describeRuns } from '../dashboard/differences.js';
import { makeReport } from '../dashboard/report.js';
import { openRun } from '../dashboard/run-reader.js';
import { differenceLines } from '../dashboard/shared/differences.js';
import { exitCodes } from '../report-error.js';
import { printable } from '../terminal/format.js';
import { createFolderStorage } from '../platform/storage.js';
import { namedOrNewest } from '../run/default-run.js';
import { reportFile } from '../run/write-report.js';
import { cannotWriteReport } from './errors.js';

export interface ReportFlags {
  readonly output?: string;
}

/** `orz-train report`: writes one file that shows the runs without a server. Returns the exit code. */
export async function report(folders: readonly string[], { output }: ReportFlags): Promise<number> {
  const chosen = folders.length > 0 ? folders : [await namedOrNewest(undefined, newestRun)];
  const runs = await Promise.all(chosen.map(openRun));
  const folder = elementAt(chosen, 0);
  const file = resolve(output ?? join(folder, reportFile));
  for (const line of differenceLines(await describeRuns(runs))) process.stdout.write(`differ in ${printable(line)}\n`);
  const page = await makeReport(runs, await loadAssets());
  try {
    // In a run folder, which may come from elsewhere, the name may be that of a link to any file, or of a pipe.
    if (output === undefined) await createFolderStorage(folder).write(reportFile, page);
    else await writeFile(file, page);
  } catch (cause) {
    throw cannotWriteReport(file, output === undefined ? file : '--output', cause);
  }
  process.stdout.write(`${file}  ${formatBytes(Buffer.byteLength(page))}\n`);
  return exitCodes.ok;
}
