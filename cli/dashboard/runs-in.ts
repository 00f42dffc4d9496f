import { readdir } from 'node:fs/promises';
import { findRuns } from '../run-list/find.js';
import { isRun } from '../run/run-folder.js';

/** The folders that a named one stands for: all runs directly below it, unless it is a run itself or holds none. */
export async function runsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder).catch(() => []); // Whoever opens it says that there is none.
  const found = entries.length === 0 || isRun(entries) ? [] : await findRuns(folder);
  const below = found.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  return below.length === 0 ? [folder] : below.map((run) => run.folder);
}
