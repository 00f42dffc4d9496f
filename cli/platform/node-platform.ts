import { join } from 'node:path';
import type { Platform } from '../../core/contracts/platform.js';
import { packageRoot } from '../setup/project.mjs';
import { createDiskFolder } from './disk-folder.js';
import { localFiles } from './local-files.js';
import { createModelCache } from './model-cache.js';
import { createFolderStorage, type FolderOptions } from './storage.js';
import { openUserFolder } from './user-folder.js';

/**
 * The host environment of a run on Node: files below `folder`, the clock, memory figures, the hub, folders of the user
 * and of this package, the cache of base models, and pools of threads that grade and that step environments. Paths
 * given to `openFolder` are relative to the current folder.
 */
export function createNodePlatform(folder: string, options?: FolderOptions): Platform {
  return {
    storage: createFolderStorage(folder, options),
    now: () => performance.now(),
    memory: () => ({ bytes: process.memoryUsage.rss(), peakBytes: process.resourceUsage().maxRSS * 1024 }),
    // Imported when something of the hub is named: most runs need none.
    fetchRepository: async (request) => (await import('./repositories.js')).fetchRepository(request),
    openFolder: openUserFolder,
    localFiles,
    packageFolder: (path) => createDiskFolder(join(packageRoot, path)),
    modelCache: createModelCache(),
    // Imported when rewards are first graded: planning and listing need no threads.
    createRewardPool: async (module, options) => (await import('./reward-pool.js')).createRewardPool(module, options),
    createEnvironmentPool: async (module, options) =>
      (await import('./environment-pool.js')).createEnvironmentPool(module, options),
  };
}
