import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { UserFiles } from '../../core/contracts/files.js';
import { unreadableFile } from './errors.js';

/**
 * Files on this machine by path, absolute or relative to the current folder. They are named by the user, so they may be
 * anywhere.
 */
export const localFiles: UserFiles = {
  location: process.cwd(),
  absolute: (path) => resolve(path),
  size: (path) =>
    stat(path).then(
      (found) => (found.isFile() ? found.size : undefined),
      () => undefined,
    ),
  async read(path, from = 0, to) {
    try {
      return await readRange(path, from, to);
    } catch (cause) {
      throw unreadableFile(resolve(path), cause);
    }
  },
};

async function readRange(path: string, from: number, to: number | undefined): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const end = to ?? (await file.stat()).size;
    const bytes = new Uint8Array(end - from);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
