import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Storage } from '../../core/contracts/platform.js';
import { OrzError, isOrzError } from '../../core/errors.js';

/**
 * Files below `folder` (made if missing on the first write). Paths are relative with `/`; one that leaves the folder throws ORZ_STORAGE, as does every
 * error of the disk. A write goes to a temporary file in the same folder, is flushed, and then takes the name, so that a crash leaves the old content.
 */
export function createFolderStorage(folder: string): Storage {
  const root = resolve(folder);
  const at = (path: string) => locate(root, path);
  return {
    location: root,
    read: (path) => guarded('read', at(path), async (file) => readFile(file).catch(ignoreMissing)),
    write: (path, content) => guarded('write', at(path), (file) => writeAtomically(file, content)),
    append: (path, text) => guarded('write', at(path), async (file) => {
      await mkdir(dirname(file), { recursive: true });
      await appendFile(file, text);
    }),
    list: (prefix) => guarded('list', root, (top) => listFiles(top, prefix)),
    remove: (path) => guarded('remove', at(path), (file) => rm(file, { recursive: true, force: true })),
  };
}

const temporaryEnding = '.tmp';

function locate(root: string, path: string): string {
  const file = resolve(root, path);
  const inside = relative(root, file);
  if (!isAbsolute(path) && inside !== '' && inside.split(sep)[0] !== '..' && !isAbsolute(inside)) return file;
  throw new OrzError('ORZ_STORAGE', 'A file of a run must lie in its folder', {
    value: path, allowed: `a relative path below ${root}`, origin: root, remedy: 'Use a relative path without ..',
  });
}

async function writeAtomically(file: string, content: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${randomBytes(6).toString('hex')}${temporaryEnding}`;
  try {
    const handle = await open(temporary, 'wx');
    try {
      for await (const chunk of chunksOf(content)) await handle.writeFile(chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(file));
}

async function* chunksOf(content: string | Uint8Array | AsyncIterable<Uint8Array>): AsyncIterable<string | Uint8Array> {
  if (typeof content === 'string' || content instanceof Uint8Array) yield content;
  else yield* content;
}

/** Makes the rename itself survive a power cut. Windows has no such call on folders. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function listFiles(root: string, prefix: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(ignoreMissing) ?? [];
  return entries.filter((entry) => entry.isFile() && !entry.name.endsWith(temporaryEnding))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => path.startsWith(prefix)).sort();
}

function ignoreMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}

const remedies: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: free some space, or choose another folder.',
  EDQUOT: 'Your quota on this disk is used up: free some space, or choose another folder.',
  EACCES: 'Give yourself the right to write there, or choose another folder.',
  EPERM: 'Give yourself the right to write there, or choose another folder.',
  EROFS: 'This disk is read-only: choose another folder.',
  ENOTDIR: 'A part of the path is a file: choose another folder.',
};

async function guarded<T>(action: string, file: string, work: (file: string) => Promise<T>): Promise<T> {
  try {
    return await work(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (typeof code !== 'string' || isOrzError(cause)) throw cause; // Not the disk: for instance the producer of the chunks failed.
    throw new OrzError('ORZ_STORAGE', `Cannot ${action} ${file}: ${(cause as Error).message}`, {
      value: code, origin: file, cause, remedy: remedies[code] ?? 'Check the disk and the path, or choose another folder.',
    });
  }
}
