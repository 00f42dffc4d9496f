import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Storage } from '../../core/contracts/storage.js';
import { checkpointFolder } from '../../core/train/state/checkpoint-names.js';
import { checkpointNames } from '../../core/train/state/checkpoints.js';
import { noSavedModel, noSavedRun } from './errors.js';

const runMarker = 'config.json';

/** The newest run below `cwd`/runs that has saved a model; ORZ_DATA_MISSING if there is none. */
export async function latestRun(cwd: string): Promise<string> {
  const folder = join(cwd, 'runs');
  const names = await readdir(folder).catch(() => []); // No folder: no runs.
  const runs = await Promise.all(names.map((name) => timeOf(join(folder, name))));
  const [latest] = runs.filter((run) => run !== undefined).sort((a, b) => b.time - a.time);
  if (latest !== undefined) return latest.path;
  throw noSavedRun(folder);
}

/** When a run was begun; undefined for a folder that is no run, or in which no model was saved. */
async function timeOf(path: string): Promise<{ readonly path: string; readonly time: number } | undefined> {
  try {
    await stat(join(path, 'checkpoints'));
    return { path, time: (await stat(join(path, runMarker))).mtimeMs };
  } catch {
    return undefined;
  }
}

/** Folder of the policy a run saved last, relative to the run folder; ORZ_DATA_MISSING if it saved none. */
export async function savedPolicy(storage: Storage): Promise<string> {
  const [newest] = await checkpointNames(storage);
  if (newest !== undefined) return `${checkpointFolder}/${newest}/policy`;
  throw noSavedModel(storage.location);
}
