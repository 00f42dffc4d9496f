import { originOf, parseSet, type Layer } from '../../../core/config/layers.js';
import { presetChain, presetLayers, type Preset } from '../../../core/config/preset.js';
import { resolveConfig, type ResolvedConfig } from '../../../core/config/resolve.js';
import { OrzError, isOrzError } from '../../../core/errors.js';
import type { Registry } from '../../../core/plugin/registry.js';
import { presetCatalog } from '../../../presets/index.js';
import type { BrowserBackend, Choice, RunChoice } from '../messages.js';

/** What the page itself decides: the backend, and sinks that a browser can have. TensorBoard's generates code, which the page forbids. */
const pageLayer = (backend: BrowserBackend): Layer => ({
  label: 'this page',
  values: { backend, metrics: ['jsonl', 'rollouts'] },
});

/** Settings that could not be honoured here. */
const refused: readonly { readonly path: string; readonly why: string }[] = [
  { path: 'plugins', why: 'a page runs the bundled plugins only' },
  { path: 'runDir', why: 'a page has no folders; download the run instead' },
  { path: 'grading', why: 'a page grades in the thread that trains, with no limit but counted steps' },
];

/** The configuration that a choice stands for: the preset chain, the ablation, the page, and the settings typed in. Throws OrzError as the command line does. */
export async function resolveChoice(
  { preset, ablation, backend, set }: RunChoice,
  registry: Registry,
): Promise<ResolvedConfig> {
  const chain = presetChain(preset, presetCatalog, 'preset');
  const above = ablation === undefined ? [] : presetLayers([presetChain(ablation, presetCatalog, 'ablation').at(-1)!]);
  const resolved = await resolveConfig(
    [...presetLayers(chain), ...above, pageLayer(backend), ...set.map(parseSet)],
    registry,
  );
  for (const { path, why } of refused) {
    const origin = originOf(path, resolved.origins);
    if (origin?.startsWith('--set'))
      throw new OrzError('ORZ_CONFIG_INVALID', `Setting '${path}' has no meaning in a browser: ${why}`, {
        value: path,
        origin,
        remedy: 'Remove it, or train on the command line.',
      });
  }
  return resolved;
}

/** The presets whose parts are all here, in the order of the catalogue. */
export const runnablePresets = (registry: Registry): Promise<Choice[]> =>
  keep([...presetCatalog.values()], ({ name }) =>
    resolveChoice({ preset: name, backend: 'reference', set: [] }, registry),
  );

/** Presets that say how a run differs, not what it trains, and so can lie above any other: the ablations of the paper. */
export const runnableAblations = (preset: string, registry: Registry): Promise<Choice[]> =>
  keep([...presetCatalog.values()].filter(isAblation), ({ name }) =>
    resolveChoice({ preset, ablation: name, backend: 'reference', set: [] }, registry),
  );

const isAblation = ({ extends: below, values }: Preset): boolean =>
  below !== undefined && values.model === undefined && values.data === undefined;

/** Those for which `attempt` does not throw for a part that is not here, or not stated. */
async function keep(presets: readonly Preset[], attempt: (preset: Preset) => Promise<unknown>): Promise<Choice[]> {
  const kept: Choice[] = [];
  for (const preset of presets) {
    try {
      await attempt(preset);
      kept.push({ name: preset.name, description: preset.description });
    } catch (error) {
      if (!isOrzError(error)) throw error;
    }
  }
  return kept;
}
