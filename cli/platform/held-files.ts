import type { FileHandle } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isOrzError } from '../../core/errors.js';
import type { ReadableFiles } from '../../core/train/state/manifest.js';
import { diskFailure } from './errors.js';
import { locate } from './locate.js';
import { digestOf, openFile, readRange } from './regular-file.js';

/** Files that stay readable from their first use until they are closed. */
export interface HeldFiles extends ReadableFiles {
  close(): Promise<void>;
}

/**
 * The files below a folder. Each is opened once, at its first use, and stays the same file until `close`, even if
 * another process removes or replaces it meanwhile. Throws ORZ_STORAGE as the storage of a folder does.
 */
export function holdFiles(folder: string): HeldFiles {
  const root = resolve(folder);
  const opened = new Map<string, Promise<FileHandle | undefined>>();
  const withFile = async <T>(path: string, work: (handle: FileHandle) => Promise<T>): Promise<T | undefined> => {
    const file = await locate(root, path, 'content');
    try {
      const opening = opened.get(file) ?? openFile(file);
      opened.set(file, opening);
      const handle = await opening;
      return handle && (await work(handle));
    } catch (cause) {
      throw isOrzError(cause) ? cause : diskFailure('read', file, cause as NodeJS.ErrnoException);
    }
  };
  return {
    location: root,
    read: (path, from, to) => withFile(path, (handle) => readRange(handle, from, to)),
    size: (path) => withFile(path, async (handle) => (await handle.stat()).size),
    digest: (path) => withFile(path, digestOf),
    close: async () => {
      const files = [...opened.values()];
      opened.clear();
      // What could not be opened need not be closed.
      for (const opening of files) await (await opening.catch(() => undefined))?.close();
    },
  };
}
