import { checkParts } from '../../core/config/check.js';
import { originOf } from '../../core/config/layers.js';
import { resolveConfig, type ResolvedConfig } from '../../core/config/resolve.js';
import { createRunContainer, type RunContainer } from '../../core/container.js';
import { createRandom } from '../../core/random.js';
import { runTraining, type RunSummary } from '../../core/train/run.js';
import { openRegistry } from '../config/gather.js';
import { createNodePlatform } from '../platform/node-platform.js';
import type { RunRequest } from './messages.js';
import { claimRunFolder } from './run-folder.js';
import type { RunHost } from './serve.js';

/** One training run from request to summary: takes the folder, starts the parts, trains, ends everything it started. */
export async function executeRun(request: RunRequest, host: RunHost): Promise<RunSummary> {
  const resolved = await resolveConfig(request.layers, await openRegistry(request.plugins));
  const folder = await claimRunFolder(request.runDir, { unique: request.uniqueRunDir });
  try {
    return await train({ resolved, request, host, path: folder.path });
  } finally {
    await folder.release();
  }
}

interface Parts { readonly resolved: ResolvedConfig; readonly request: RunRequest; readonly host: RunHost; readonly path: string }

async function train({ resolved, request, host, path }: Parts): Promise<RunSummary> {
  const { config } = resolved;
  const { events, signal, onMetrics } = host;
  const platform = createNodePlatform(path);
  const random = createRandom(config.seed);
  const container = await createRunContainer({ resolved, platform, events, random });
  try {
    checkStartedParts(container, resolved);
    host.onStarted(path);
    // Paths of plugins are made absolute, so that the file can be given to --config from anywhere.
    const configFile = `${JSON.stringify({ ...config, plugins: request.plugins }, null, 2)}\n`;
    return await runTraining({ config, configFile, container, platform, events, random, signal, onMetrics });
  } finally {
    await container.dispose();
  }
}

function checkStartedParts(container: RunContainer, { config, origins }: ResolvedConfig): void {
  const { capabilities } = container.get('engine');
  checkParts({ config, advantage: container.get('advantage'), kl: container.get('kl'), capabilities }, (path) => originOf(path, origins) ?? 'default');
}
