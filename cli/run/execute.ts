import { checkParts } from '../../core/config/check.js';
import { originOf } from '../../core/config/layers.js';
import { resolveConfig, type ResolvedConfig } from '../../core/config/resolve.js';
import { createRunContainer, type RunContainer } from '../../core/container/run-container.js';
import { createRandom } from '../../core/random.js';
import { requireHonoured } from '../../core/train/loop/engine-demands.js';
import { prepareResume, type Continuation } from '../../core/train/state/resume.js';
import { openRunFiles } from '../../core/train/state/run-files.js';
import { runTraining, type RunSummary } from '../../core/train/loop/run.js';
import { openRegistry } from '../config/gather.js';
import { rememberPlugins } from '../config/trusted-plugins.js';
import { createNodePlatform } from '../platform/node-platform.js';
import type { RunHistory, RunRequest } from './messages.js';
import { readHistory } from './read-history.js';
import { claimRunFolder, type RunFolder } from './run-folder.js';
import type { RunCallbacks } from './run-callbacks.js';
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
    return await train({
      resolved,
      request,
      callbacks,
      folder,
      begin: () => {
        changed = true;
      },
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

interface Parts {
  readonly resolved: ResolvedConfig;
  readonly request: RunRequest;
  readonly callbacks: RunCallbacks;
  readonly folder: RunFolder;
  /** Called when the run may change its folder: not if it is finished already, or cannot go on. */
  readonly begin: () => void;
}

async function train({ resolved, request, callbacks, folder, begin }: Parts): Promise<RunSummary> {
  const { config } = resolved;
  const { events, signal, onMetrics, onDevice, onSamples, onBaseEvaluation } = callbacks;
  const node = createNodePlatform(folder.path, { guard: folder.check });
  const files = await openRunFiles(node.storage);
  const platform = { ...node, storage: files.storage };
  const force = request.resume?.force ?? false;
  // Before anything starts: sinks may open their files at once.
  const continuation: Continuation = folder.holdsRun
    ? await prepareResume({
        storage: node.storage,
        files,
        config,
        force,
        extend: request.resume?.required ?? false,
        events,
      })
    : { kind: 'start over' };
  if (continuation.kind === 'finished') return continuation.summary;
  if (folder.holdsRun) callbacks.onHistory?.(await historyOf(folder.path, continuation));
  begin();
  const random = createRandom(config.seed);
  const { observer } = callbacks;
  const container = await createRunContainer({ resolved, platform, events, random, ...(observer && { observer }) });
  try {
    checkStartedParts(container, resolved);
    const originAt = (path: string) => originOf(path, resolved.origins) ?? 'default';
    await requireHonoured(config, container, { random, events, signal, originOf: originAt });
    // Paths of plugins are made absolute, so that the file can be given to --config from anywhere.
    const configFile = `${JSON.stringify({ ...config, plugins: request.plugins }, null, 2)}\n`;
    return await runTraining({
      config,
      configFile,
      container,
      platform,
      files,
      events,
      random,
      signal,
      onMetrics,
      force,
      ...(onBaseEvaluation && { onBaseEvaluation }),
      ...(onDevice && { onDevice }),
      ...(onSamples && { onSamples }),
      ...(continuation.kind === 'continue' && { resume: continuation.checkpoint }),
    });
  } finally {
    await container.dispose();
  }
}

/** A run that starts over has done nothing. */
const historyOf = async (path: string, continuation: Continuation): Promise<RunHistory> =>
  continuation.kind === 'continue'
    ? readHistory(path, continuation.checkpoint.state)
    : { iteration: 0, seconds: 0, metrics: [] };

function checkStartedParts(container: RunContainer, { config, origins }: ResolvedConfig): void {
  checkParts({ config, advantage: container.get('advantage') }, (path) => originOf(path, origins) ?? 'default');
}
