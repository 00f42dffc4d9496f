import type { FoundProvider, Registry } from '../plugin/registry.js';
import { checkConfig } from './check.js';
import { leafValues, mergeLayers, originOf, type Layer } from './layers.js';
import { runConfigSchema, singleSlots, type RunConfig, type SingleSlot, type SlotConfig } from './schema.js';
import { validate } from './validate.js';
import type { Slot } from '../contracts/contract-tokens.js';

/** A provider chosen for a slot, with its settings checked and complete. */
export interface ChosenProvider extends FoundProvider {
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A complete configuration with its chosen providers. */
export interface ResolvedConfig {
  readonly config: RunConfig;
  /** For each leaf of `config` the layer that set it: a layer's label, `default`, or `default of plugin NAME`. */
  readonly origins: ReadonlyMap<string, string>;
  readonly slots: ReadonlyMap<SingleSlot, ChosenProvider>;
  /** One entry per sink, in the order of the configuration. */
  readonly metrics: readonly ChosenProvider[];
  /** Parts of the training loop that a plugin replaces. */
  readonly replacements: Registry['replacements'];
}

/**
 * Merges the layers, fills in defaults and checks everything. Only the chosen plugins are imported, none is started.
 * Throws ORZ_CONFIG_*, ORZ_BACKEND_UNKNOWN or ORZ_PLUGIN_*, naming path, value, what is allowed and the layer.
 */
export async function resolveConfig(layers: readonly Layer[], registry: Registry): Promise<ResolvedConfig> {
  const { values, origins } = mergeLayers(layers);
  const stated = validate(runConfigSchema, values, { prefix: '', origins });
  const choose = async (slot: Slot, chosen: SlotConfig, prefix: string): Promise<ChosenProvider> => {
    const { type, ...settings } = chosen;
    const found = await registry.find(slot, type, originOf(prefix, origins) ?? 'default');
    return { ...found, settings: validate(found.provider.settings, settings, { prefix, origins }) };
  };
  const slots = new Map<SingleSlot, ChosenProvider>();
  for (const slot of singleSlots) slots.set(slot, await choose(slot, stated[slot], slot));
  const metrics = await Promise.all(stated.metrics.map((sink, i) => choose('metrics', sink, `metrics.${i}`)));
  const config = {
    ...stated,
    ...Object.fromEntries([...slots].map(([slot, chosen]) => [slot, slotConfig(chosen)])),
    metrics: metrics.map(slotConfig),
  };
  checkConfig(config, (path) => originOf(path, origins) ?? 'default');
  return {
    config,
    origins: completeOrigins(config, origins, { slots, metrics }),
    slots,
    metrics,
    replacements: registry.replacements,
  };
}

const slotConfig = ({ provider, settings }: ChosenProvider): SlotConfig => ({ type: provider.type, ...settings });

/** A value that no layer states is a default: of the schema for the type of a slot, of the plugin for its settings. */
function completeOrigins(
  config: RunConfig,
  origins: ReadonlyMap<string, string>,
  { slots, metrics }: Pick<ResolvedConfig, 'slots' | 'metrics'>,
): Map<string, string> {
  const defaultOrigin = (path: string): string => {
    const [slot, entry] = path.split('.');
    const chosen = slot === 'metrics' ? metrics[Number(entry)] : slots.get(slot as SingleSlot);
    return chosen === undefined || path.endsWith('.type') ? 'default' : `default of plugin ${chosen.plugin.name}`;
  };
  return new Map(leafValues(config).map(([path]) => [path, originOf(path, origins) ?? defaultOrigin(path)]));
}
