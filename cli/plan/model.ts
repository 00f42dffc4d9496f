import type { ResolvedConfig } from '../../core/config/resolve.js';
import { createRunContainer } from '../../core/container/run-container.js';
import type { EngineFactory } from '../../core/contracts/engine.js';
import type { BaseTraining } from '../../core/contracts/model-source.js';
import type { DecoderConfig } from '../../core/compute/nn/config.js';
import { provide } from '../../core/plugin/define.js';
import { createRandom } from '../../core/random.js';
import { silentEvents } from '../../core/silent-events.js';
import { architectures } from '../../presets/architectures.js';
import { createNodePlatform } from '../platform/node-platform.js';
import { engineInPlan } from './errors.js';
import * as z from 'zod';

/**
 * Architecture of the base model without its weights, and what it is trained with if it is made on the spot; starts no
 * device. Known by name, or as its source describes it.
 */
export async function describedModel(
  resolved: ResolvedConfig,
): Promise<{ readonly architecture: DecoderConfig; readonly training?: BaseTraining }> {
  const known = architectures.get(String(resolved.config.model['path']));
  if (known !== undefined) return { architecture: known };
  const random = createRandom(resolved.config.seed);
  const container = await createRunContainer({
    resolved: withoutDevice(resolved),
    platform: createNodePlatform('.'),
    events: silentEvents,
    random,
    only: ['model'],
  });
  try {
    const context = { random, events: silentEvents, signal: new AbortController().signal };
    const { config, training } = await container.get('model').describe(context);
    return { architecture: config, ...(training && { training }) };
  } finally {
    await container.dispose();
  }
}

/** A model that trains itself asks for an engine; to describe itself it does not use it. */
function withoutDevice(resolved: ResolvedConfig): ResolvedConfig {
  const create = (): EngineFactory => ({
    name: 'none',
    refusals: () => Promise.resolve([]),
    create: () => {
      throw engineInPlan();
    },
  });
  const provider = provide('engine', 'none', { description: 'for plans', settings: z.strictObject({}), create });
  return {
    ...resolved,
    slots: new Map([
      ...resolved.slots,
      ['engine', { plugin: { name: 'plan', provides: [provider] }, provider, settings: {} }],
    ]),
  };
}
