import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolderStorage } from '../../../cli/platform/storage.js';
import type { Metrics, MetricSink } from '../../../core/contracts/metric-sink.js';
import type { ProviderContext } from '../../../core/plugin/define.js';
import plugin from '../../../plugins/metrics-wandb/plugin.js';

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'orz-wandb-'));

export function openSink(folder: string, settings: object = {}): Promise<MetricSink> | MetricSink {
  const [provider] = plugin.provides;
  const platform = { storage: createFolderStorage(folder) };
  return provider.create(provider.settings.parse(settings) as never, { platform } as ProviderContext);
}

/** Records iterations `from` to `to` of `iterations`. */
export async function recordIterations(
  sink: MetricSink,
  [from, to, iterations]: readonly [number, number, number],
  more: Metrics = {},
): Promise<void> {
  for (let iteration = from; iteration <= to; iteration++) {
    const metrics = { iteration, reward: iteration / 8, kl: null, stopReasons: { stop: 0.75, length: 0.25 }, ...more };
    await sink.record(metrics);
    await sink.iterationEnd?.({ iteration, iterations, metrics });
  }
}

/** The folders of offline runs, and the file in each. */
export const offlineRuns = (folder: string): [string, string][] =>
  readdirSync(join(folder, 'wandb')).map((name) => {
    const run = join(folder, 'wandb', name);
    return [run, join(run, readdirSync(run).find((file) => file.endsWith('.wandb')) ?? '')];
  });
