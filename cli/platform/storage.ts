import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { FileDigest, Storage } from '../../core/contracts/storage.js';
import { isOrzError } from '../../core/errors.js';
import { unguessable } from '../../core/unguessable.js';
import { cannotShorten, diskFailure } from './errors.js';
import { locate, makeFolders } from './locate.js';
import { appendTo, digestFile, ignoreMissing, readFileRange, sizeOf } from './regular-file.js';

export interface FolderOptions {
  /** Called before each change, and after one that failed: throws if the folder must not be changed any more. */
  readonly guard?: () => Promise<void>;
}

/**
 * Files below `folder`, which is created on the first write if it is missing, unless it has a guard. Paths are relative
 * with `/`; one that leaves the folder, by its text or through a link, throws ORZ_STORAGE, as does every error of the
 * disk and anything that is no regular file. A write goes to a temporary file in the same folder, is flushed, and then
 * takes the name, so that a crash leaves the old content.
 */
export function createFolderStorage(folder: string, { guard }: FolderOptions = {}): Storage {
  const root = resolve(folder);
  const reading = <T>(path: string, work: (file: string) => Promise<T>): Promise<T> =>
    guarded('read', () => locate(root, path, 'content'), work);
  const changing = async <T>(action: Change, path: string, work: (file: string) => Promise<T>): Promise<T> => {
    await guard?.();
    try {
      return await guarded(action, () => locate(root, path, action === 'append' ? 'content' : 'name'), work);
    } catch (error) {
      await guard?.(); // That the folder is gone explains more than the failure that follows from it.
      throw error;
    }
  };
  const prepare = (file: string) => makeFolders(root, dirname(file), guard === undefined);
  return {
    location: root,
    read: (path, from, to) => reading(path, (file) => readFileRange(file, from, to)),
    size: (path) => reading(path, sizeOf),
    digest: (path) => reading(path, digestFile),
    write: (path, content, { lasting = true } = {}) =>
      changing('write', path, async (file) => {
        await prepare(file);
        return writeAtomically(file, content, lasting);
      }),
    append: (path, content) =>
      changing('append', path, async (file) => {
        await prepare(file);
        await appendTo(file, content);
      }),
    flush: (path) => changing('write', path, syncTree),
    truncate: (path, bytes) => changing('append', path, (file) => shorten(file, bytes)),
    makeFolder: (path) =>
      changing('create', path, async (file) => {
        await prepare(file);
        await mkdir(file);
      }),
    rename: (from, to) =>
      changing('rename', from, async (source) => {
        const target = await locate(root, to, 'name');
        await prepare(target);
        await rename(source, target);
        await syncFolder(dirname(target));
      }),
    list: (prefix) =>
      guarded(
        'list',
        async () => folderOf(root, prefix),
        (top) => listFiles(root, top, prefix),
      ),
    remove: (path) => changing('remove', path, (file) => rm(file, { recursive: true, force: true })),
  };
}

type Change = 'write' | 'append' | 'create' | 'rename' | 'remove';

const temporaryEnding = '.tmp';

async function writeAtomically(
  file: string,
  content: string | Uint8Array | AsyncIterable<Uint8Array>,
  lasting: boolean,
): Promise<FileDigest> {
  const temporary = `${unguessable(`${file}.`)}${temporaryEnding}`;
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    const handle = await open(temporary, 'wx');
    try {
      for await (const piece of piecesOf(content)) {
        hash.update(piece);
        bytes += piece.length;
        await handle.writeFile(piece);
      }
      if (lasting) await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  if (lasting) await syncFolder(dirname(file));
  return { bytes, sha256: hash.digest('hex') };
}

/**
 * A file, or all files of a folder at once, which a file system does faster than one after another; then the folders
 * that name them.
 */
async function syncTree(path: string): Promise<void> {
  if (!(await stat(path)).isDirectory()) return syncFile(path);
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const pathOf = (entry: Dirent) => join(entry.parentPath, entry.name);
  const files = entries.filter((entry) => entry.isFile()).map(pathOf);
  const folders = entries.filter((entry) => entry.isDirectory()).map(pathOf);
  await Promise.all(files.map(syncFile));
  await Promise.all([path, ...folders].map(syncFolder));
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function shorten(file: string, bytes: number): Promise<void> {
  const { size } = await stat(file);
  if (size < bytes) throw cannotShorten(file, size, bytes);
  if (size === bytes) return;
  await truncate(file, bytes);
  await syncFile(file);
}

/**
 * Bytes written at once: each write is a round trip to another thread, and its answer waits while this one is busy with
 * arithmetic.
 */
const pieceBytes = 1 << 20;

/**
 * The content with small chunks joined to pieces of up to {@link pieceBytes}; larger chunks pass through without a
 * copy.
 */
async function* piecesOf(content: string | Uint8Array | AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  if (typeof content === 'string') yield Buffer.from(content);
  else if (content instanceof Uint8Array) yield content;
  else yield* joined(content);
}

async function* joined(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let pending: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    if (bytes + chunk.length > pieceBytes) {
      yield Buffer.concat(pending);
      pending = [];
      bytes = 0;
    }
    if (chunk.length > pieceBytes) yield chunk;
    else {
      pending.push(chunk);
      bytes += chunk.length;
    }
  }
  yield Buffer.concat(pending);
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

const folderOf = (root: string, prefix: string): string => join(root, prefix.slice(0, prefix.lastIndexOf('/') + 1));

/** Only the folder that the prefix names, `top`, is walked. */
async function listFiles(root: string, top: string, prefix: string): Promise<string[]> {
  return (await filesBelow(top))
    .map((file) => relative(root, file).split(sep).join('/'))
    .filter((path) => path.startsWith(prefix))
    .sort();
}

/** Of a folder that another process removes meanwhile there are none; the others still count. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true }).catch(ignoreMissing)) ?? [];
  const files = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesBelow(path);
      return entry.isFile() && !entry.name.endsWith(temporaryEnding) ? [path] : [];
    }),
  );
  return files.flat();
}

/** `find` has errors of its own, which pass. */
async function guarded<T>(action: string, find: () => Promise<string>, work: (file: string) => Promise<T>): Promise<T> {
  const file = await find();
  try {
    return await work(file);
  } catch (cause) {
    // Anything else is no fault of the disk: for instance, the producer of the chunks failed.
    if (typeof (cause as NodeJS.ErrnoException).code !== 'string' || isOrzError(cause)) throw cause;
    throw diskFailure(action, file, cause as NodeJS.ErrnoException);
  }
}
