import { realpath, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { FileFolder } from '../../core/contracts/files.js';
import { isOrzError } from '../../core/errors.js';
import { cannotReadFile, leavesFolder, missingFile } from './errors.js';
import { openFile } from './regular-file.js';

/** One system call reads at most 2 GiB. */
const maxRead = 2 ** 30;

/**
 * A folder on this machine. Refuses, as ORZ_STORAGE, names that are absolute or contain `..`, and links that lead out
 * of the folder; only those of a hub cache, from a snapshot to the contents beside it, are followed.
 */
export function createDiskFolder(path: string): FileFolder {
  const root = resolve(path);
  return {
    location: root,
    size: async (name) => {
      const file = await locate(root, name);
      if (file === undefined) return undefined;
      const found = await stat(file).catch((cause: unknown) => missingOr(cause, root, name));
      return found?.isFile() === true ? found.size : undefined;
    },
    read: async (name, from = 0, to) => {
      const file = await locate(root, name);
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
async function locate(root: string, name: string): Promise<string | undefined> {
  if (!isInside(name)) throw leavesFolder(root, name);
  try {
    const real = await realpath(join(root, name));
    for (const allowed of await allowedRoots(root)) if (isBelow(allowed, real)) return real;
  } catch (cause) {
    return missingOr(cause, root, name);
  }
  throw leavesFolder(root, name);
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

function isBelow(root: string, path: string): boolean {
  const inside = relative(root, path);
  return inside !== '' && !isAbsolute(inside) && inside.split(sep)[0] !== '..';
}

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
