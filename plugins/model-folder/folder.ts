import { open, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { FileFolder } from '../../core/contracts/files.js';
import { OrzError } from '../../core/errors.js';

/** A folder on a disk. Names lead nowhere else: those with a path in them are refused. */
export function createDiskFolder(path: string): FileFolder {
  const location = resolve(path);
  return {
    location,
    size: (name) => guarded(at(location, name), async (file) => {
      const found = await stat(file).catch(ignoreMissing);
      return found?.isFile() === true ? found.size : undefined;
    }),
    read: (name, from = 0, to) => guarded(at(location, name), (file) => readRange(file, from, to)),
  };
}

function at(location: string, name: string): string {
  if (/^[\w][\w.-]*$/.test(name)) return join(location, name);
  throw new OrzError('ORZ_STORAGE', 'a file of a model lies in its folder', { value: name, allowed: 'a plain file name', origin: location, remedy: 'the model may be malicious; use another' });
}

async function readRange(path: string, from: number, to: number | undefined): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const bytes = new Uint8Array(Math.max(0, (to ?? (await handle.stat()).size) - from));
    for (let filled = 0; filled < bytes.length; ) {
      const { bytesRead } = await handle.read(bytes, filled, Math.min(bytes.length - filled, 2 ** 30), from + filled);
      if (bytesRead === 0) throw new OrzError('ORZ_STORAGE', `${path} ends before byte ${from + bytes.length}`, { value: from + filled, origin: path, remedy: 'it was cut short while it was read; copy it again' });
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

function ignoreMissing(error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  throw error;
}

async function guarded<T>(file: string, work: (file: string) => Promise<T>): Promise<T> {
  try {
    return await work(file);
  } catch (cause) {
    if (cause instanceof OrzError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new OrzError(code === 'ENOENT' ? 'ORZ_DATA_MISSING' : 'ORZ_STORAGE', `cannot read ${file}: ${message}`, { value: code, origin: file, remedy: 'check the path and the rights on it', cause });
  }
}
