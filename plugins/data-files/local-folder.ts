import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { FileFolder } from '../../core/contracts/files.js';
import { OrzError } from '../../core/errors.js';

/** Files on this machine by path, absolute or relative to the current folder. They are named by the user, so they may lie anywhere. */
export const localFiles: FileFolder = {
  location: process.cwd(),
  size: (path) =>
    stat(path).then(
      (found) => (found.isFile() ? found.size : undefined),
      () => undefined,
    ),
  async read(path, from = 0, to) {
    try {
      const handle = await open(path);
      try {
        const end = to ?? (await handle.stat()).size;
        const bytes = new Uint8Array(end - from);
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, from);
        return bytes.subarray(0, bytesRead);
      } finally {
        await handle.close();
      }
    } catch (cause) {
      throw new OrzError('ORZ_STORAGE', `Cannot read ${resolve(path)}: ${(cause as Error).message}`, {
        value: path,
        origin: 'data',
        cause,
        remedy: 'Give a file that you may read.',
      });
    }
  },
};
