import { join } from 'node:path';
import { gatherConfig } from '../../cli/config/gather.js';
import { executeRun } from '../../cli/run/execute.js';
import type { Metrics } from '../../core/contracts/metric-sink.js';
import type { RunSummary } from '../../core/train/loop/run.js';

export interface TinyRun {
  readonly summary: RunSummary;
  readonly metrics: readonly Metrics[];
  readonly log: readonly string[];
}

/** orz-tiny so small that it takes a second: settings by path. */
export const tiny: Readonly<Record<string, unknown>> = {
  'model.steps': 2,
  'model.warmupSteps': 1,
  'model.tokensPerStep': 64,
  'model.layers': 1,
  'model.hiddenSize': 12,
  'model.intermediateSize': 8,
  iterations: 1,
  rolloutBatchSize: 2,
  samplesPerPrompt: 2,
  maxResponseTokens: 6,
  'evaluation.problems': 2,
  'engine.maxSlots': 4,
  criticUpdateSteps: 1,
  backend: 'reference',
};

/** A whole run in this process, in a new folder `run-<name>` below `folder`. */
export async function runTiny(
  folder: string,
  name: string,
  { config, settings }: { readonly config?: string; readonly settings: Readonly<Record<string, unknown>> },
): Promise<TinyRun> {
  const set = Object.entries(settings).map(([path, value]) => `${path}=${String(value)}`);
  const { layers, plugins } = await gatherConfig({ set, ...(config !== undefined && { config }) }, folder);
  const log: string[] = [];
  const metrics: Metrics[] = [];
  const phase = { progress: () => undefined, end: () => undefined };
  const summary = await executeRun(
    { layers, plugins, runDir: join(folder, `run-${name}`), uniqueRunDir: false },
    {
      events: {
        phase: () => phase,
        log: (_, message) => {
          log.push(message);
        },
      },
      signal: new AbortController().signal,
      onStarted: () => undefined,
      onMetrics: (record) => {
        metrics.push(record);
      },
    },
  );
  return { summary, metrics, log };
}
