import { randomBytes } from 'node:crypto';
import { copyFile, link, mkdir, readFile, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { getRepoFolderName } from '@huggingface/hub';
import { isOrzError } from '../../../core/errors.js';
import { cannotWriteCache } from './errors.js';
import type { Repository } from './target.js';

/**
 * One repository in the cache, in the layout of the Python client: contents once under `blobs` by their hash, each
 * commit a folder of links to them under `snapshots`, and under `refs` the commit that a branch or tag was last seen
 * at.
 */
export class RepositoryCache {
  readonly folder: string;

  constructor(cache: string, { type, name }: Repository) {
    this.folder = join(cache, getRepoFolderName({ type, name }));
  }

  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit);
  }

  blob(digest: string): string {
    return join(this.folder, 'blobs', digest);
  }

  /** The commit that `revision` was last seen at, if it ever was. */
  async readRef(revision: string): Promise<string | undefined> {
    // No file: the revision was never seen.
    const text = await readFile(join(this.folder, 'refs', ...revision.split('/')), 'utf8').catch(() => undefined);
    return text?.trim();
  }

  async writeRef(revision: string, commit: string): Promise<void> {
    if ((await this.readRef(revision)) === commit) return;
    const file = join(this.folder, 'refs', ...revision.split('/'));
    await onDisk(file, () => replace(file, (temporary) => writeFile(temporary, commit)));
  }

  /** Whether the file is in the snapshot, whole. Its content was verified before it got there. */
  async holds(commit: string, path: string, size: number): Promise<boolean> {
    return (await sizeOf(join(this.snapshot(commit), path))) === size;
  }

  /** Makes a blob appear in a snapshot: as a link, or as a copy where the system has none. */
  async addToSnapshot(commit: string, path: string, digest: string): Promise<void> {
    const blob = this.blob(digest);
    const file = join(this.snapshot(commit), ...path.split('/'));
    await onDisk(file, () =>
      replace(file, async (temporary) => {
        await symlink(relative(dirname(file), blob), temporary)
          .catch(() => link(blob, temporary))
          .catch(() => copyFile(blob, temporary));
      }),
    );
  }

  /** Paths of all files in a snapshot, sorted; none if there is no such snapshot. */
  async files(commit: string): Promise<string[]> {
    const root = this.snapshot(commit);
    // No folder: nothing is cached.
    const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
    const paths = entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
    const present = await Promise.all(paths.map(async (path) => (await sizeOf(join(root, path))) !== undefined));
    return paths.filter((_, i) => present[i]).sort();
  }
}

/** Bytes of a file, through links; undefined if there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined); // Missing, or a link to nothing.
  return found?.isFile() === true ? found.size : undefined;
}

/** Puts something under a name in one step, so that other processes see all of it or nothing. */
async function replace(file: string, make: (temporary: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await make(temporary);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Errors of the disk as ORZ_STORAGE; others pass. */
export async function onDisk<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException;
    if (isOrzError(cause) || typeof code !== 'string' || typeof syscall !== 'string') throw cause;
    throw cannotWriteCache(file, cause as NodeJS.ErrnoException);
  }
}
