import type { Backend } from '../core/contracts/backend.js';
import { validate } from '../core/config/validate.js';
import type { ProviderContext } from '../core/plugin/define.js';
import { createRegistry } from '../core/plugin/registry.js';
import { createRandom } from '../core/random.js';
import { silentEvents } from '../core/silent-events.js';
import { builtinPlugins } from './builtin-plugins.js';
import { onlyInRun } from './errors.js';
import { createNodePlatform } from './platform/node-platform.js';

/**
 * A backend of this package outside a run: for tests of plugins, and for programs that compute with tensors themselves.
 * `settings` are those of a configuration file beside `type`. The caller disposes it. Throws ORZ_BACKEND_UNKNOWN,
 * ORZ_CONFIG_UNKNOWN_KEY or ORZ_CONFIG_INVALID, and what the backend throws when it starts.
 */
export async function openBackend(
  type: 'onnx' | 'webgpu' | 'reference',
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Backend> {
  const { provider } = await createRegistry(builtinPlugins).find('backend', type, 'openBackend');
  return (await provider.create(
    validate(provider.settings, settings, { prefix: 'backend', origins: new Map() }) as never,
    contextOf(type),
  )) as Backend;
}

/** What a provider is given outside a run; it may ask for no slot. */
export const contextOf = (type: string): ProviderContext => ({
  platform: createNodePlatform(process.cwd()),
  events: silentEvents,
  random: createRandom(0),
  get: (slot) => {
    throw onlyInRun(type, slot);
  },
  identity: (slot) => {
    throw onlyInRun(type, slot);
  },
});
