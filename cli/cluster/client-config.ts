import { mergeLayers } from '../../core/config/layers.js';
import { presetCatalog } from '../../presets/index.js';
import type { GatheredConfig } from '../config/gather.js';
import type { ClusterFile } from './templates.js';

/** Where the server answers once its port is forwarded to this machine. */
export const usualUrl = 'http://127.0.0.1:8000';

/**
 * `orz.config.json`: the same run on the cluster. It names the built-in presets and holds what other layers state; a
 * run with presets of the user's is written out whole.
 */
export function clientConfig(gathered: GatheredConfig): ClusterFile {
  const { stack, layers, preset, plugins } = gathered;
  const isBuiltIn = preset !== undefined && stack.every(({ name }) => presetCatalog.has(name));
  const presetLabels = new Set(stack.map(({ name }) => `preset ${name}`));
  const own = layers.filter(({ label }) => !presetLabels.has(label));
  const values = isBuiltIn ? { preset: preset.split('+'), ...mergeLayers(own).values } : gathered.resolved.config;
  const config = { ...values, ...(plugins.length > 0 && { plugins }), engine: { type: 'tinker', url: usualUrl } };
  return { name: 'orz.config.json', text: `${JSON.stringify(config, null, 2)}\n` };
}
