import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Storage } from '../../core/contracts/platform.js';
import { OrzError } from '../../core/errors.js';

const runMarker = 'config.json';

/** The newest run below `cwd`/runs that has saved a model; ORZ_DATA_MISSING if there is none. */
export async function latestRun(cwd: string): Promise<string> {
  const folder = join(cwd, 'runs');
  const names = await readdir(folder).catch(() => []); // No folder: no runs.
  const runs = await Promise.all(names.map((name) => timeOf(join(folder, name))));
  const [latest] = runs.filter((run) => run !== undefined).sort((a, b) => b.time - a.time);
  if (latest !== undefined) return latest.path;
  throw new OrzError('ORZ_DATA_MISSING', 'There is no run with a saved model below the current folder', {
    value: folder, origin: '--run-dir', remedy: 'Name a run folder with --run-dir, or train one first: orz-train',
  });
}

/** When a run was begun; undefined for what is no run or has saved nothing. */
async function timeOf(path: string): Promise<{ readonly path: string; readonly time: number } | undefined> {
  try {
    await stat(join(path, 'checkpoints'));
    return { path, time: (await stat(join(path, runMarker))).mtimeMs };
  } catch {
    return undefined;
  }
}

const marker = '/policy/config.json';
/** Newest first; a run has at most one of them. Before them come checkpoints of iterations, numbered, and the base model. */
const newest = ['final', 'interrupted'];

/** Folder of the policy a run saved last, relative to the run folder; ORZ_DATA_MISSING if it saved none. */
export async function savedPolicy(storage: Storage): Promise<string> {
  const names = (await storage.list('checkpoints/')).filter((path) => path.endsWith(marker)).map((path) => path.slice('checkpoints/'.length, -marker.length));
  const name = newest.find((candidate) => names.includes(candidate)) ?? names.sort().at(-1);
  if (name !== undefined) return `checkpoints/${name}/policy`;
  throw new OrzError('ORZ_DATA_MISSING', 'This run has saved no model', {
    value: storage.location, origin: '--run-dir', remedy: 'Choose a run that was finished or stopped with one Ctrl-C.',
  });
}
