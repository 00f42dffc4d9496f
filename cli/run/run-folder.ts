import { mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { checkpointFolder } from '../../core/train/state/checkpoint-names.js';
import { journalFile } from '../../core/train/state/run-files.js';
import { cannotCreate, folderNotEmpty, noRunIn } from './errors.js';
import { lockFolder, lockName } from './lock.js';

/** A run folder locked by this process. */
export interface RunFolder {
  readonly path: string;
  /** Whether a run was begun here earlier. */
  readonly holdsRun: boolean;
  /** Throws ORZ_RUN_LOST if the path no longer leads to the locked folder: nothing must be written then. */
  check(): Promise<void>;
  /** Unlocks the folder; one in which nothing was begun is removed. */
  release(): Promise<void>;
}

/** The folder of a run whose user named none: `runs/<preset>-<time>` below `cwd`, local time to the second. */
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
 * Creates the folder and locks it for this process. Throws ORZ_RUN_LOCKED if another process has locked it, ORZ_USAGE
 * if it holds something that is no run, ORZ_DATA_MISSING if there is no run although `holdsRun` asks for one, and
 * ORZ_STORAGE if the disk refuses. With `unique`, a folder that exists is left alone and the next free name (`-2`,
 * `-3`, …) is used.
 */
export async function claimRunFolder(folder: string, { unique = false, holdsRun = false } = {}): Promise<RunFolder> {
  const wanted = resolve(folder);
  if (holdsRun && !isRun(await readdir(wanted).catch(() => []))) throw noRunIn(wanted, '--resume');
  const path = unique ? await makeUnique(wanted) : await makeFolder(wanted);
  const lock = await lockFolder(path);
  const release = async () => {
    const isOurs = await lock.check().then(
      () => true,
      () => false,
    );
    await lock.release();
    if (isOurs) await removeUnused(path);
  };
  const content = (await readdir(path)).filter((name) => name !== lockName);
  const found = isRun(content);
  if (found || content.length === 0) return { path, holdsRun: found, check: lock.check, release };
  await release();
  throw folderNotEmpty(path, content);
}

/** Whether a folder with these entries is that of a run; one that lost its journal still has its checkpoints. */
export const isRun = (names: readonly string[]): boolean =>
  names.includes(journalFile) || (names.includes(checkpointFolder) && names.includes('config.json'));

/** Removes the folder if nothing was begun in it: it holds at most an empty journal. */
async function removeUnused(path: string): Promise<void> {
  const left = await readdir(path);
  const journal = join(path, journalFile);
  if (left.some((name) => name !== journalFile)) return;
  if (left.length > 0 && (await stat(journal)).size > 0) return;
  await rm(journal, { force: true });
  await rmdir(path);
}

async function makeFolder(path: string): Promise<string> {
  try {
    await makeFolders(path);
    return path;
  } catch (cause) {
    throw cannotCreate(path, cause);
  }
}

/**
 * Creates a folder and those above it. The recursive form of `mkdir` never returns where a file system says of a folder
 * in one of its own that there is none, as proc(5) does.
 */
async function makeFolders(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined))?.isDirectory() === true) return;
  if (dirname(path) !== path) await makeFolders(dirname(path));
  try {
    await mkdir(path);
  } catch (cause) {
    // Made by another process meanwhile, unless it is a file.
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw cause;
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
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cannotCreate(candidate, cause);
    }
  }
}
