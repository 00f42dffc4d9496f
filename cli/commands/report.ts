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
import { namedOrNewest } from '../run/default-run.js';
import { cannotWriteReport } from './errors.js';

export interface ReportFlags {
  readonly output?: string;
}

/** `orz-train report`: writes one file that shows the runs without a server. Returns the exit code. */
export async function report(folders: readonly string[], { output }: ReportFlags): Promise<number> {
  const chosen = folders.length > 0 ? folders : [await namedOrNewest(undefined, newestRun)];
  const runs = await Promise.all(chosen.map(openRun));
  const file = resolve(output ?? join(elementAt(chosen, 0), 'report.html'));
  for (const line of differenceLines(await describeRuns(runs))) process.stdout.write(`differ in ${printable(line)}\n`);
  const page = await makeReport(runs, await loadAssets());
  try {
    await writeFile(file, page);
  } catch (cause) {
    throw cannotWriteReport(file, output === undefined ? file : '--output', cause);
  }
  process.stdout.write(`${file}  ${formatBytes(Buffer.byteLength(page))}\n`);
  return exitCodes.ok;
}
