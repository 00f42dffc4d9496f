import { realpath, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import type { FileFolder } from '../../core/contracts/files.js';
import { isOrzError } from '../../core/errors.js';
import { cannotReadFile, leavesFolder, linkLeavesFolder, missingFile } from './errors.js';
import { storesOf } from './link-stores.js';
import { isBelow } from './paths.js';
import { openFile } from './regular-file.js';

/** One system call reads at most 2 GiB. */
const maxRead = 2 ** 30;

/**
 * A folder on this machine. Refuses, as ORZ_STORAGE, names that are absolute or contain `..`, and links that lead out
 * of the folder; only those of a hub cache, from a snapshot to the contents beside it, are followed, and those into
 * `stores`, which are real paths.
 */
export function createDiskFolder(path: string, stores: readonly string[] = []): FileFolder {
  const root = resolve(path);
  const locate = (name: string): Promise<string | undefined> => locateIn(root, name, stores);
  return {
    location: root,
    size: async (name) => {
      const file = await locate(name);
      if (file === undefined) return undefined;
      const found = await stat(file).catch((cause: unknown) => missingOr(cause, root, name));
      return found?.isFile() === true ? found.size : undefined;
    },
    read: async (name, from = 0, to) => {
      const file = await locate(name);
      const handle =
        file === undefined ? undefined : await openFile(file).catch((cause: unknown) => missingOr(cause, root, name));
      if (handle === undefined) throw missingFile(root, name);
      try {
        return await readRange(handle, from, to ?? (await handle.stat()).size);
      } catch (cause) {
        throw isOrzError(cause) ? cause : cannotReadFile(root, name, cause);
      } finally {
        await handle.close();
      }
    },
  };
}

/** The real path of a file in the folder; undefined if there is none. */
async function locateIn(root: string, name: string, stores: readonly string[]): Promise<string | undefined> {
  if (!isInside(name)) throw leavesFolder(root, name);
  try {
    const real = await realpath(join(root, name));
    const roots = [...(await allowedRoots(root)), ...stores];
    if (roots.some((allowed) => isBelow(allowed, real))) return real;
    throw linkLeavesFolder(root, name, { target: real, stores: await storesOf(await realpath(root), real) });
  } catch (cause) {
    return missingOr(cause, root, name);
  }
}

async function readRange(handle: FileHandle, from: number, to: number): Promise<Uint8Array> {
  const { size } = await handle.stat();
  if (!(from >= 0 && from <= to && to <= size))
    throw new Error(`bytes ${from} to ${to} were asked for, it has ${size}`);
  const bytes = new Uint8Array(to - from);
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(maxRead, bytes.length - done), from + done);
    if (bytesRead === 0) throw new Error(`it ended at byte ${from + done} while it was read`);
    done += bytesRead;
  }
  return bytes;
}

/** Under the rules of every system: a folder that comes from elsewhere may name files in an index. */
const isInside = (name: string): boolean =>
  !isAbsolute(name) && !/^[A-Za-z]:|^[\\/]/.test(name) && !name.includes('\0') && !name.split(/[\\/]/).includes('..');

async function allowedRoots(root: string): Promise<string[]> {
  const real = await realpath(root);
  const isSnapshot = basename(dirname(real)) === 'snapshots' && /^[0-9a-f]{40}$/.test(basename(real));
  if (!isSnapshot) return [real];
  // A cache that was copied without links has no blobs.
  return [real, await realpath(join(real, '..', '..', 'blobs')).catch(() => real)];
}

/** Undefined for a file that is not there; throws for any other failure. */
function missingOr(cause: unknown, root: string, name: string): undefined {
  const { code } = cause as NodeJS.ErrnoException;
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw isOrzError(cause) ? cause : cannotReadFile(root, name, cause);
  return undefined;
}
