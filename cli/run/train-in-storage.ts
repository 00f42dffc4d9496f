import { checkParts } from '../../core/config/check.js';
import { originOf } from '../../core/config/layers.js';
import type { ResolvedConfig } from '../../core/config/resolve.js';
import { createRunContainer } from '../../core/container/run-container.js';
import type { MetricSink } from '../../core/contracts/metric-sink.js';
import type { Platform } from '../../core/contracts/platform.js';
import { createRandom } from '../../core/random.js';
import { requireHonoured } from '../../core/train/loop/engine-demands.js';
import { runTraining, type RunSummary } from '../../core/train/loop/run.js';
import { prepareResume, type Continuation } from '../../core/train/state/resume.js';
import { openRunFiles } from '../../core/train/state/run-files.js';
import type { RunRequest } from './messages.js';
import { readHistory } from './read-history.js';
import type { RunCallbacks } from './run-callbacks.js';

/** A run and the files it has, on a disk or in a browser. */
export interface StoredRun {
  readonly resolved: ResolvedConfig;
  /** Absolute paths of the user's plugins, for `config.json`: it can then be given to --config from anywhere. */
  readonly plugins: readonly string[];
  readonly platform: Platform;
  /** Whether the files are those of a run to continue. */
  readonly holdsRun: boolean;
  readonly resume?: RunRequest['resume'];
  readonly callbacks: RunCallbacks;
  /** Receive the same as the sinks of the configuration. */
  readonly extraSinks?: readonly MetricSink[];
  /** Called when the run may change its files: not if it is finished already, or cannot go on. */
  readonly begin?: () => void;
}

/** Continues the run that the files hold, or begins one; stops everything it started. */
export async function trainInStorage(run: StoredRun): Promise<RunSummary> {
  const { resolved, platform: bare, holdsRun, callbacks, begin } = run;
  const { config } = resolved;
  const { events, signal, onMetrics, onDevice, onSamples, onBaseEvaluation, observer } = callbacks;
  const files = await openRunFiles(bare.storage);
  const platform = { ...bare, storage: files.storage };
  const force = run.resume?.force ?? false;
  // Before anything starts: sinks may open their files at once.
  const continuation: Continuation = holdsRun
    ? await prepareResume({
        storage: bare.storage,
        files,
        config,
        force,
        extend: run.resume?.required ?? false,
        events,
      })
    : { kind: 'start over' };
  if (continuation.kind === 'finished') return continuation.summary;
  if (holdsRun) callbacks.onHistory?.(await readHistory(bare.storage, continuation));
  begin?.();
  const random = createRandom(config.seed);
  const { extraSinks } = run;
  const container = await createRunContainer({
    resolved,
    platform,
    events,
    random,
    ...(observer && { observer }),
    ...(extraSinks && { extraSinks }),
  });
  try {
    const originAt = (path: string): string => originOf(path, resolved.origins) ?? 'default';
    const [advantage, model, engine] = [container.get('advantage'), container.get('model'), container.get('engine')];
    checkParts({ config, advantage, model, engine }, originAt);
    await requireHonoured(config, container, { random, events, signal, originOf: originAt });
    return await runTraining({
      config,
      configFile: `${JSON.stringify({ ...config, plugins: run.plugins }, null, 2)}\n`,
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
