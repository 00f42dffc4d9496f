import { mergeLayers } from '../../core/config/layers.js';
import { presetCatalog } from '../../presets/index.js';
import type { GatheredConfig } from '../config/gather.js';
import type { RunConfig } from '../../core/config/schema.js';
import type { ClusterSpec } from './spec.js';
import type { ClusterFile } from './templates.js';

/** Where the server answers once its port is forwarded to this machine. */
export const usualUrl = 'http://127.0.0.1:8000';

/**
 * `orz.config.json`: the same run on the cluster. It names the built-in presets and holds what other layers state; a
 * run with presets of the user's is written out whole.
 */
export function clientConfig(gathered: GatheredConfig, spec: ClusterSpec): ClusterFile {
  const { stack, layers, preset, plugins } = gathered;
  const isBuiltIn = preset !== undefined && stack.every(({ name }) => presetCatalog.has(name));
  const presetLabels = new Set(stack.map(({ name }) => `preset ${name}`));
  const own = layers.filter(({ label }) => !presetLabels.has(label));
  const values = isBuiltIn ? { preset: preset.split('+'), ...mergeLayers(own).values } : gathered.resolved.config;
  const config = { ...values, ...(plugins.length > 0 && { plugins }), engine: engineOf(spec) };
  return { name: 'orz.config.json', text: `${JSON.stringify(config, null, 2)}\n` };
}

/** What the client cannot ask the server: what it is, what it was started with, and over how many GPUs it spreads. */
const engineOf = ({ config, model, plan, criticScale }: ClusterSpec) => ({
  type: 'tinker',
  url: usualUrl,
  server: 'skyrl-fsdp',
  baseModel: model,
  startedWith: startedWith(config),
  dataParallel: plan.gpus,
  criticScale,
});

const startedWith = ({ optimizer, maxGradNorm }: RunConfig) => {
  const { beta1, beta2, epsilon, weightDecay } = optimizer;
  return { beta1, beta2, epsilon, weightDecay, maxGradNorm };
};
