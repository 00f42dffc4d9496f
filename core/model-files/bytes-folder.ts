import type { FileFolder } from '../contracts/files.js';
import { missingStorageFile } from './errors.js';

/** A folder of files whose contents are in memory. */
export function bytesFolder(location: string, files: Readonly<Record<string, Uint8Array>>): FileFolder {
  return {
    location,
    size: (name) => Promise.resolve(files[name]?.length),
    read: (name, from, to) => {
      const content = files[name];
      return content ? Promise.resolve(content.slice(from, to)) : Promise.reject(missingStorageFile(name, location));
    },
  };
}
