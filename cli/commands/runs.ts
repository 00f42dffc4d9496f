import { resolve } from 'node:path';
import { formatBytes } from '../../core/plan/units.js';
import { exitCodes } from '../report-error.js';
import { cleanRuns, type Removal } from '../run-list/clean.js';
import { wrongRunsCommand } from '../run-list/errors.js';
import { findRuns } from '../run-list/find.js';
import { describeRuns } from '../run-list/overview.js';
import { runLines } from '../run-list/table.js';
import { printable } from '../terminal/format.js';

export interface RunsFlags {
  readonly folder?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** `orz-train runs [clean [NAME…]]`. Returns the exit code. */
export async function runs(
  words: readonly string[],
  { folder = 'runs', json = false, yes }: RunsFlags,
): Promise<number> {
  const [action, ...names] = words;
  const path = resolve(folder);
  if (action === undefined && yes === undefined) return listRuns(path, json);
  if (action !== 'clean') throw wrongRunsCommand(action ?? '--yes');
  const removals = await cleanRuns(path, names, yes === true);
  write(
    json ? JSON.stringify({ done: yes === true, removals }, null, 2) : removalLines(removals, yes === true).join('\n'),
  );
  return exitCodes.ok;
}

const write = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

async function listRuns(folder: string, json: boolean): Promise<number> {
  const found = await describeRuns(await findRuns(folder));
  const shown = found.map(({ started, ...run }) => ({ ...run, started: new Date(started).toISOString() }));
  if (json) write(JSON.stringify(shown, null, 2));
  else if (found.length === 0) write(`There is no run in ${printable(folder)}`);
  else write(runLines(found, Date.now()).join('\n'));
  return exitCodes.ok;
}

function removalLines(removals: readonly Removal[], isDone: boolean): string[] {
  const verb = isDone ? 'removed' : 'would remove';
  const lines = removals.flatMap(({ run, removed, bytes, kept }) => {
    if (kept !== undefined) return [`${run}: left alone, ${kept}`];
    if (removed.length === 0) return [];
    return [`${run}: ${verb} ${removed === 'all' ? 'the whole run' : removed.join(', ')}  ${formatBytes(bytes)}`];
  });
  const bytes = removals.reduce((sum, removal) => sum + removal.bytes, 0);
  if (bytes === 0) return [...lines.map(printable), 'Nothing to remove'];
  const total = isDone ? `Freed ${formatBytes(bytes)}` : `${formatBytes(bytes)} in all. Nothing was removed: add --yes`;
  return [...lines.map(printable), total];
}
