import { createHash } from 'node:crypto';
import { cpus, homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { ModelCache } from '../../core/contracts/model-cache.js';
import { createFolderStorage } from './storage.js';

/** Beside the cache of the hub, by the same rules: `XDG_CACHE_HOME`, else `~/.cache`. */
function cacheFolder({ XDG_CACHE_HOME: home }: NodeJS.ProcessEnv): string {
  const base = home !== undefined && isAbsolute(home) ? home : join(homedir(), '.cache');
  return join(base, 'orz-train', 'base-models');
}

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** The kind of processor: a home folder may be that of several machines. */
const processor = (): string => `${process.platform} ${process.arch} ${cpus()[0]?.model ?? ''}`;

/** One file for each model: the hash of its key, that of its content. */
const nameOf = (key: string, digest: string): string => `${prefixOf(key)}${digest}.safetensors`;
const prefixOf = (key: string): string => `${sha256(`${processor()}\n${key}`)}.`;

/** The user's cache of base models; the folder is made with the first of them. */
export function createModelCache(folder: string = cacheFolder(process.env)): ModelCache {
  const storage = createFolderStorage(folder);
  return {
    location: storage.location,
    find: async (key) => {
      const [path] = await storage.list(prefixOf(key));
      const content = path === undefined ? undefined : await storage.read(path);
      if (path === undefined || content === undefined) return undefined;
      if (path === nameOf(key, sha256(content))) return content;
      await storage.remove(path);
      return 'damaged';
    },
    keep: async (key, content) => {
      await storage.write(nameOf(key, sha256(content)), content);
    },
  };
}
