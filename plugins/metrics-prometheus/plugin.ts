import process from 'node:process';
import type { Metrics, MetricSink } from '../../core/contracts/metric-sink.js';
import { definePlugin, provide, type ProviderContext } from '../../core/plugin/define.js';
import { openEndpoint } from './endpoint.js';
import { exposition, type RunFacts } from './exposition.js';
import { prometheusSettings, type PrometheusSettings } from './settings.js';

/** The metrics of the last iteration for Prometheus, which fetches them while the run goes on. */
export default definePlugin({
  name: 'metrics-prometheus',
  provides: [
    provide('metrics', 'prometheus', {
      description: 'The metrics of the last iteration at http://127.0.0.1:9464/metrics, for Prometheus',
      settings: prometheusSettings,
      create: createPrometheusSink,
    }),
  ],
});

async function createPrometheusSink(
  settings: PrometheusSettings,
  { platform, events }: Pick<ProviderContext, 'platform' | 'events'>,
): Promise<MetricSink> {
  const run = platform.storage.location.split(/[/\\]/).findLast((part) => part !== '') ?? '';
  let facts: RunFacts = { run, iterations: undefined, recorded: undefined };
  let last: Metrics = {};
  const endpoint = await openEndpoint(settings, process.env, () => exposition(last, facts));
  events.log('info', `metrics for Prometheus at ${endpoint.url}`);
  return {
    name: 'prometheus',
    record: (metrics) => {
      last = metrics;
      facts = { ...facts, recorded: Date.now() / 1000 };
    },
    iterationEnd: ({ iterations }) => {
      facts = { ...facts, iterations };
      return undefined;
    },
    dispose: endpoint.close,
  };
}
