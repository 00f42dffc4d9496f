import { resolveConfig } from '../../core/config/resolve.js';
import type { RunSummary } from '../../core/train/loop/run.js';
import { openRegistry } from '../config/gather.js';
import { rememberPlugins } from '../config/trusted-plugins.js';
import { createNodePlatform } from '../platform/node-platform.js';
import type { RunRequest } from './messages.js';
import type { RunCallbacks } from './run-callbacks.js';
import { claimRunFolder } from './run-folder.js';
import { trainInStorage } from './train-in-storage.js';
import { writeReport } from './write-report.js';

/**
 * One training run from request to summary: locks the folder, continues the run it holds or begins one, and stops
 * everything it started.
 */
export async function executeRun(request: RunRequest, callbacks: RunCallbacks): Promise<RunSummary> {
  const resolved = await resolveConfig(request.layers, await openRegistry(request.plugins));
  const folder = await claimRunFolder(request.runDir, {
    unique: request.uniqueRunDir,
    ...(request.resume?.required === true && { holdsRun: true }),
  });
  await rememberPlugins(request.plugins);
  let changed = false;
  try {
    callbacks.onStarted(folder.path, folder.holdsRun);
    return await trainInStorage({
      resolved,
      plugins: request.plugins,
      platform: createNodePlatform(folder.path, { guard: folder.check }),
      holdsRun: folder.holdsRun,
      callbacks,
      begin: () => {
        changed = true;
      },
      ...(request.resume && { resume: request.resume }),
    });
  } finally {
    // A disk that fails the run often also fails this, and the run's own error matters more. The lock that stays behind
    // holds nobody up: its process will be gone.
    const isOurs = await folder.check().then(
      () => true,
      () => false,
    );
    await folder.release().catch((error: unknown) => {
      callbacks.events.log('warn', `while stopping: ${String(error)}`);
    });
    if (changed && isOurs) await writeReport(folder.path, callbacks.events);
  }
}
