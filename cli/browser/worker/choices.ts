import { originOf, parseSet, type Layer } from '../../../core/config/layers.js';
import { presetLayers, presetStack, type Preset } from '../../../core/config/preset.js';
import { resolveConfig, type ResolvedConfig } from '../../../core/config/resolve.js';
import { isOrzError } from '../../../core/errors.js';
import type { Registry } from '../../../core/plugin/registry.js';
import { presetCatalog } from '../../../presets/index.js';
import { meaninglessInBrowser } from '../errors.js';
import type { BrowserBackend, PresetOption, RunChoice } from '../messages.js';

/**
 * What the page itself decides: the backend, and the sinks that work in a browser. TensorBoard's generates code, which
 * the policy of the page forbids.
 */
const pageLayer = (backend: BrowserBackend): Layer => ({
  label: 'this page',
  values: { backend, metrics: ['jsonl', 'rollouts'] },
});

/** Settings that would have no effect in a browser. */
const refused: readonly { readonly path: string; readonly why: string }[] = [
  { path: 'plugins', why: 'a page has the bundled plugins only' },
  { path: 'runDir', why: 'a page has no folders; download the run instead' },
  { path: 'grading', why: 'a page grades in the thread that trains, limited by counted steps alone' },
];

/**
 * The configuration of a choice: the preset chain, the ablation, what the page decides, and the settings typed in.
 * Throws OrzError as the command line does.
 */
export async function resolveChoice(
  { preset, ablation, backend, set }: RunChoice,
  registry: Registry,
): Promise<ResolvedConfig> {
  const names = ablation === undefined ? [preset] : [preset, ablation];
  const stack = presetStack(names, presetCatalog, 'this page');
  const layers = [...presetLayers(stack), pageLayer(backend), ...set.map(parseSet)];
  const resolved = await resolveConfig(layers, registry);
  for (const { path, why } of refused) {
    const origin = originOf(path, resolved.origins);
    if (origin?.startsWith('--set')) throw meaninglessInBrowser(path, why, origin);
  }
  return resolved;
}

/** The presets that work in a browser, in the order of the catalogue. */
export const runnablePresets = (registry: Registry): Promise<PresetOption[]> =>
  resolvable([...presetCatalog.values()], ({ name }) =>
    resolveChoice({ preset: name, backend: 'reference', set: [] }, registry),
  );

/** The presets that change how to train, not what, and can be combined with any other: the ablations of the paper. */
export const runnableAblations = (preset: string, registry: Registry): Promise<PresetOption[]> =>
  resolvable(
    [...presetCatalog.values()].filter(({ changes }) => changes !== undefined),
    ({ name }) => resolveChoice({ preset, ablation: name, backend: 'reference', set: [] }, registry),
  );

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
