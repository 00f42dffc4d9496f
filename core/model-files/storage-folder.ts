import type { FileFolder } from '../contracts/files.js';
import type { Storage } from '../contracts/storage.js';
import { missingStorageFile } from './errors.js';

/** A folder of a run's storage, such as `checkpoints/final/policy`, to be read by ranges. */
export function storageFolder(storage: Pick<Storage, 'location' | 'read' | 'size'>, path: string): FileFolder {
  const location = `${storage.location}/${path}`;
  return {
    location,
    size: (name) => storage.size(`${path}/${name}`),
    read: async (name, from, to) => {
      const bytes = await storage.read(`${path}/${name}`, from, to);
      if (bytes === undefined) throw missingStorageFile(name, location);
      return bytes;
    },
  };
}
