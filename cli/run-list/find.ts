import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isRun } from '../run/run-folder.js';
import { noSuchFolder } from './errors.js';

/** A run below the folder that was asked about. */
export interface FoundRun {
  readonly name: string;
  readonly folder: string;
  /** When it was started last, in ms since 1970; its first moment is not kept. */
  readonly started: number;
}

/**
 * The runs directly below a folder, the newest first. Links are not followed, and folders that hold no run are passed
 * over. Throws ORZ_DATA_MISSING if there is no such folder.
 */
export async function findRuns(folder: string): Promise<FoundRun[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => {
    throw noSuchFolder(folder);
  });
  const found = await Promise.all(
    entries.filter((entry) => entry.isDirectory()).map(({ name }) => openRunFolder(name, join(folder, name))),
  );
  return found.flat().sort((a, b) => b.started - a.started);
}

async function openRunFolder(name: string, folder: string): Promise<FoundRun[]> {
  if (!isRun(await readdir(folder).catch(() => []))) return [];
  const times = await stat(join(folder, 'config.json')).catch(() => stat(folder));
  return [{ name, folder, started: times.mtimeMs }];
}

/** Bytes of all files below a folder or of one file; links count as themselves, files that vanish meanwhile as none. */
export async function diskUse(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) return found?.size ?? 0;
  const names = await readdir(path).catch(() => []);
  let bytes = 0;
  for (const name of names) bytes += await diskUse(join(path, name));
  return bytes;
}
