import { checkParts } from '../../../core/config/check.js';
import { originOf } from '../../../core/config/layers.js';
import type { ResolvedConfig } from '../../../core/config/resolve.js';
import { createRunContainer } from '../../../core/container/run-container.js';
import type { MetricSink, Metrics } from '../../../core/contracts/metric-sink.js';
import type { Platform } from '../../../core/contracts/platform.js';
import type { RunEvents } from '../../../core/contracts/run-events.js';
import { createRandom } from '../../../core/random.js';
import { requireHonoured } from '../../../core/train/loop/engine-demands.js';
import { openRunFiles } from '../../../core/train/state/run-files.js';
import { runTraining, type RunSummary } from '../../../core/train/loop/run.js';

export interface BrowserRun {
  readonly resolved: ResolvedConfig;
  readonly platform: Platform;
  readonly events: RunEvents;
  /** Aborted when the run should finish its iteration, save and stop. */
  readonly signal: AbortSignal;
  /** Receives the same as the sinks of the configuration. */
  readonly sink: MetricSink;
  /** Called with the evaluation before training, as metrics of iteration 0. */
  readonly onBaseEvaluation: (metrics: Metrics) => void;
  readonly onMetrics: (metrics: Metrics) => void;
}

/** One training run from its configuration to its summary; the same parts and the same loop as on the command line. */
export async function executeInBrowser({
  resolved,
  platform: bare,
  events,
  signal,
  sink,
  onBaseEvaluation,
  onMetrics,
}: BrowserRun): Promise<RunSummary> {
  const { config, origins } = resolved;
  const files = await openRunFiles(bare.storage);
  const platform = { ...bare, storage: files.storage };
  const random = createRandom(config.seed);
  const container = await createRunContainer({ resolved, platform, events, random, extraSinks: [sink] });
  try {
    const originAt = (path: string) => originOf(path, origins) ?? 'default';
    checkParts({ config, advantage: container.get('advantage') }, originAt);
    await requireHonoured(config, container, { random, events, signal, originOf: originAt });
    const configFile = `${JSON.stringify(config, null, 2)}\n`;
    return await runTraining({
      config,
      configFile,
      container,
      platform,
      files,
      events,
      random,
      signal,
      onBaseEvaluation,
      onMetrics,
    });
  } finally {
    await container.dispose();
  }
}
