import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { OrzError } from '../../core/errors.js';
import { journalFile } from '../../core/train/state/run-files.js';
import { lockFolder, lockName } from './lock.js';
import { folderError } from './folder-error.js';

/** A run folder held by this process alone. */
export interface RunFolder {
  readonly path: string;
  /** Whether a run was begun here earlier. */
  readonly holdsRun: boolean;
  /** Gives the folder back; one in which nothing was begun is removed. */
  release(): Promise<void>;
}

/** Where a run goes if nobody says: `runs/<preset>-<time>` below `cwd`, local time to the second. */
export function defaultRunFolder(preset: string, time: Date, cwd: string): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return join(
    cwd,
    'runs',
    `${preset}-${date}-${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`,
  );
}

/**
 * Makes the folder and locks it for this process. Throws ORZ_RUN_LOCKED if another process holds it, ORZ_USAGE if it holds something that is no run or,
 * with `holdsRun`, if there is no run, and ORZ_STORAGE if the disk refuses. With `unique`, a folder that is taken is left alone and the next free name
 * (`-2`, `-3`, …) is used.
 */
export async function claimRunFolder(folder: string, { unique = false, holdsRun = false } = {}): Promise<RunFolder> {
  const wanted = resolve(folder);
  if (holdsRun && !existsSync(join(wanted, journalFile))) throw noRun(wanted);
  const path = unique ? await makeUnique(wanted) : await makeFolder(wanted);
  const unlock = await lockFolder(path);
  const content = (await readdir(path)).filter((name) => name !== lockName);
  const release = async () => {
    await unlock();
    const left = await readdir(path),
      journal = join(path, journalFile);
    if (left.some((name) => name !== journalFile) || (left.length > 0 && (await stat(journal)).size > 0)) return;
    await rm(journal, { force: true });
    await rmdir(path);
  };
  const found = content.includes(journalFile);
  if (found || content.length === 0) return { path, holdsRun: found, release };
  await release();
  throw new OrzError('ORZ_USAGE', `The folder ${path} is not empty and holds no run to go on with`, {
    value: content.slice(0, 5),
    allowed: 'a new or empty folder, or that of a run',
    origin: '--run-dir',
    remedy: 'Choose another --run-dir, or leave it out to get a new folder below runs/.',
  });
}

function noRun(path: string): OrzError {
  return new OrzError('ORZ_DATA_MISSING', `There is no run in ${path}`, {
    value: path,
    allowed: 'the folder of a run',
    origin: '--resume',
    remedy: 'Runs are below runs/ unless --run-dir said otherwise.',
  });
}

async function makeFolder(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true });
    return path;
  } catch (cause) {
    throw folderError(path, cause);
  }
}

async function makeUnique(path: string): Promise<string> {
  await makeFolder(dirname(path));
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? path : `${path}-${n}`;
    try {
      await mkdir(candidate);
      return candidate;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw folderError(candidate, cause);
    }
  }
}
