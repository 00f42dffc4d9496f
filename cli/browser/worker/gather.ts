import { originOf, type Layer } from '../../../core/config/layers.js';
import { presetLayers, presetStack } from '../../../core/config/preset.js';
import { resolveConfig, type ResolvedConfig } from '../../../core/config/resolve.js';
import type { Storage } from '../../../core/contracts/storage.js';
import type { Registry } from '../../../core/plugin/registry.js';
import { presetCatalog } from '../../../presets/index.js';
import { damagedRunConfig, meaninglessInBrowser, noRunInArchive } from '../errors.js';
import type { BrowserBackend, RunRequest } from '../messages.js';
import { runConfigFile } from './archive.js';

/**
 * What a browser itself decides: the backend, unless the run states one, and the sinks that work there. TensorBoard's
 * generates code, which the policy of a page forbids.
 */
const browserLayer: Layer = {
  label: 'this browser',
  values: { backend: 'webgpu' satisfies BrowserBackend, metrics: ['jsonl', 'rollouts'] },
};

/** Settings that would have no effect in a browser. */
const refused: readonly { readonly path: string; readonly why: string }[] = [
  { path: 'plugins', why: 'it has the bundled plugins only' },
  { path: 'runDir', why: 'it has no folders; take the archive of the run instead' },
  { path: 'grading', why: 'responses are graded in the thread that trains, limited by counted steps alone' },
];

/**
 * The configuration of a request: its presets, or the settings of the run in `stored` where it names none; what a
 * browser decides; and its layers. Throws OrzError as the command line does.
 */
export async function resolveRequest(
  { presets, layers }: RunRequest,
  registry: Registry,
  stored: Storage,
): Promise<ResolvedConfig> {
  const below =
    presets === undefined
      ? [await storedLayer(stored)]
      : [...presetLayers(presetStack(presets, presetCatalog, layers[0]?.label)), browserLayer];
  const resolved = await resolveConfig([...below, ...layers], registry);
  const labels = layers.map(({ label }) => label);
  for (const { path, why } of refused) {
    const origin = originOf(path, resolved.origins);
    if (origin !== undefined && labels.includes(origin)) throw meaninglessInBrowser(path, why, origin);
  }
  return resolved;
}

/** The settings that a run has stored. One of the command line may have sinks that a browser does not. */
async function storedLayer(stored: Storage): Promise<Layer> {
  const content = await stored.read(runConfigFile);
  if (content === undefined) throw noRunInArchive();
  const { runDir: _, ...values } = parsed(content);
  return { label: runConfigFile, values: { ...values, metrics: browserLayer.values.metrics } };
}

function parsed(content: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(new TextDecoder().decode(content)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw damagedRunConfig(cause);
  }
}
