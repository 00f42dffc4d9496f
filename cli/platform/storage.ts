import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, type Dirent } from 'node:fs';
import { appendFile, mkdir, open, readFile, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { FileDigest, Storage } from '../../core/contracts/storage.js';
import { isOrzError } from '../../core/errors.js';
import { cannotShorten, diskFailure, outsideRunFolder } from './errors.js';

/**
 * Files below `folder` (created if missing on the first write). Paths are relative with `/`; one that leaves the folder
 * throws ORZ_STORAGE, as does every error of the disk. A write goes to a temporary file in the same folder, is flushed,
 * and then takes the name, so that a crash leaves the old content.
 */
export function createFolderStorage(folder: string): Storage {
  const root = resolve(folder);
  const at = (path: string) => locate(root, path);
  return {
    location: root,
    read: (path, from, to) =>
      guarded('read', at(path), (file) =>
        (from === undefined && to === undefined ? readFile(file) : readRange(file, from, to)).catch(ignoreMissing),
      ),
    size: (path) => guarded('read', at(path), async (file) => (await stat(file).catch(ignoreMissing))?.size),
    digest: (path) => guarded('read', at(path), (file) => digestFile(file).catch(ignoreMissing)),
    write: (path, content, { lasting = true } = {}) =>
      guarded('write', at(path), (file) => writeAtomically(file, content, lasting)),
    append: (path, content) =>
      guarded('write', at(path), async (file) => {
        await mkdir(dirname(file), { recursive: true });
        await appendFile(file, content);
      }),
    flush: (path) => guarded('write', at(path), syncTree),
    truncate: (path, bytes) => guarded('write', at(path), (file) => shorten(file, bytes)),
    rename: (from, to) => guarded('rename', at(from), (source) => renameDurably(source, at(to))),
    list: (prefix) => guarded('list', root, (top) => listFiles(top, prefix)),
    remove: (path) => guarded('remove', at(path), (file) => rm(file, { recursive: true, force: true })),
  };
}

const temporaryEnding = '.tmp';

function locate(root: string, path: string): string {
  const file = resolve(root, path);
  const inside = relative(root, file);
  if (!isAbsolute(path) && inside !== '' && inside.split(sep)[0] !== '..' && !isAbsolute(inside)) return file;
  throw outsideRunFolder(root, path);
}

async function writeAtomically(
  file: string,
  content: string | Uint8Array | AsyncIterable<Uint8Array>,
  lasting: boolean,
): Promise<FileDigest> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${randomBytes(6).toString('hex')}${temporaryEnding}`;
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

async function digestFile(file: string): Promise<FileDigest> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

async function readRange(file: string, from = 0, to = Infinity): Promise<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    const end = Math.min(to, (await handle.stat()).size);
    const content = new Uint8Array(Math.max(0, end - from));
    for (let done = 0; done < content.length;) {
      const { bytesRead } = await handle.read(content, done, content.length - done, from + done);
      if (bytesRead === 0) return content.subarray(0, done); // Somebody cut the file meanwhile.
      done += bytesRead;
    }
    return content;
  } finally {
    await handle.close();
  }
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

async function renameDurably(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await rename(source, target);
  await syncFolder(dirname(target));
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

/** Only the folder that the prefix names is walked. */
async function listFiles(root: string, prefix: string): Promise<string[]> {
  const top = join(root, prefix.slice(0, prefix.lastIndexOf('/') + 1));
  const entries = (await readdir(top, { recursive: true, withFileTypes: true }).catch(ignoreMissing)) ?? [];
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith(temporaryEnding))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => path.startsWith(prefix))
    .sort();
}

function ignoreMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}

async function guarded<T>(action: string, file: string, work: (file: string) => Promise<T>): Promise<T> {
  try {
    return await work(file);
  } catch (cause) {
    // Anything else is no fault of the disk: for instance, the producer of the chunks failed.
    if (typeof (cause as NodeJS.ErrnoException).code !== 'string' || isOrzError(cause)) throw cause;
    throw diskFailure(action, file, cause as NodeJS.ErrnoException);
  }
}
