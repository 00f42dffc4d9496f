import type { Platform } from '../../core/contracts/platform.js';
import { createFolderStorage } from './storage.js';

/** What a run needs from its surroundings, on Node: files below `folder`, the clock, memory figures, and a pool of grading threads. */
export function createNodePlatform(folder: string): Platform {
  return {
    storage: createFolderStorage(folder),
    now: () => performance.now(),
    memory: () => ({ bytes: process.memoryUsage.rss(), peakBytes: process.resourceUsage().maxRSS * 1024 }),
    // Imported when a dataset of the hub is named: most runs need none.
    fetchDataset: async (request) => (await import('./datasets.js')).fetchDataset(request),
    // Imported when rewards are first graded: planning and listing need no threads.
    createRewardPool: async (module, options) => (await import('./reward-pool.js')).createRewardPool(module, options),
  };
}
