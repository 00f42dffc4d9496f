import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import type { FileDigest } from '../../core/contracts/storage.js';
import { notAFile } from './errors.js';

/** Opening a named pipe would wait for another process for ever. Windows has neither. */
const withoutWaiting = process.platform === 'win32' ? 0 : constants.O_NONBLOCK;

/**
 * Opens a file for reading; undefined if there is none. Throws ORZ_STORAGE for a folder, a pipe or a device, and errors
 * of the disk as they are.
 */
export async function openFile(file: string): Promise<FileHandle | undefined> {
  const handle = await open(file, constants.O_RDONLY | withoutWaiting).catch(ignoreMissing);
  if (handle !== undefined) await requireKind(handle, file, (found) => found.isFile());
  return handle;
}

async function requireKind(handle: FileHandle, file: string, isAllowed: (found: Stats) => boolean): Promise<void> {
  const found = await handle.stat();
  if (isAllowed(found)) return;
  await handle.close();
  throw notAFile(file, kindOf(found));
}

const kindOf = (found: Stats): string => (found.isDirectory() ? 'a folder' : 'a pipe or a device');

async function reading<T>(file: string, work: (handle: FileHandle) => Promise<T>): Promise<T | undefined> {
  const handle = await openFile(file);
  if (handle === undefined) return undefined;
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
}

/** A file, or its bytes `from` up to `to`, as far as it has them; undefined if there is none. */
export const readFileRange = (file: string, from?: number, to?: number): Promise<Uint8Array | undefined> =>
  reading(file, (handle) => readRange(handle, from, to));

/** Length and digest of a file; undefined if there is none. */
export const digestFile = (file: string): Promise<FileDigest | undefined> => reading(file, digestOf);

/** Bytes of a file; undefined for anything else. */
export async function sizeOf(file: string): Promise<number | undefined> {
  const found = await stat(file).catch(ignoreMissing);
  return found?.isFile() === true ? found.size : undefined;
}

/** Appends to a file, creating it if missing, or to a device such as /dev/null. */
export async function appendTo(file: string, content: string | Uint8Array): Promise<void> {
  const { O_WRONLY, O_APPEND, O_CREAT } = constants;
  const handle = await open(file, O_WRONLY | O_APPEND | O_CREAT | withoutWaiting);
  await requireKind(handle, file, (found) => found.isFile() || found.isCharacterDevice());
  try {
    await handle.writeFile(content);
  } finally {
    await handle.close();
  }
}

export async function readRange(handle: FileHandle, from = 0, to = Infinity): Promise<Uint8Array> {
  const end = Math.min(to, (await handle.stat()).size);
  const content = new Uint8Array(Math.max(0, end - from));
  for (let done = 0; done < content.length;) {
    const { bytesRead } = await handle.read(content, done, Math.min(maxRead, content.length - done), from + done);
    if (bytesRead === 0) return content.subarray(0, done); // Somebody cut the file meanwhile.
    done += bytesRead;
  }
  return content;
}

/** One system call reads at most 2 GiB. */
const maxRead = 2 ** 30;

/** Read from the beginning, in pieces; the handle stays open. */
export async function digestOf(handle: FileHandle): Promise<FileDigest> {
  const hash = createHash('sha256');
  const piece = new Uint8Array(1 << 20);
  for (let bytes = 0; ;) {
    const { bytesRead } = await handle.read(piece, 0, piece.length, bytes);
    if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') };
    hash.update(piece.subarray(0, bytesRead));
    bytes += bytesRead;
  }
}

export function ignoreMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}
