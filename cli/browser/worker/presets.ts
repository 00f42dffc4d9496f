import { elementAt } from '../../../core/arrays.js';
import type { Preset } from '../../../core/config/preset.js';
import { isOrzError } from '../../../core/errors.js';
import type { Registry } from '../../../core/plugin/registry.js';
import { presetCatalog } from '../../../presets/index.js';
import type { PresetOption, Presets } from '../messages.js';
import { resolveRequest } from './gather.js';
import { createMemoryStorage } from './memory-storage.js';

/** The presets that work in a browser, and the ablations of the paper, which can be combined with any of them. */
export async function runnablePresets(registry: Registry): Promise<Presets> {
  const all = [...presetCatalog.values()];
  const presets = await resolvable(all, ({ name }) => resolve([name], registry));
  const base = elementAt(presets, 0).name;
  const differences = all.filter(({ changes }) => changes !== undefined);
  return { presets, ablations: await resolvable(differences, ({ name }) => resolve([base, name], registry)) };
}

const resolve = (presets: readonly string[], registry: Registry): Promise<unknown> =>
  resolveRequest({ presets, layers: [] }, registry, createMemoryStorage('nowhere'));

/** Those for which `resolve` does not throw an OrzError, as it does for a missing plugin or value. */
async function resolvable(
  presets: readonly Preset[],
  resolve: (preset: Preset) => Promise<unknown>,
): Promise<PresetOption[]> {
  const options: PresetOption[] = [];
  for (const preset of presets) {
    try {
      await resolve(preset);
      options.push({ name: preset.name, description: preset.description });
    } catch (error) {
      if (!isOrzError(error)) throw error;
    }
  }
  return options;
}
