import type { FoundProvider, Registry } from '../plugin/registry.js';
import { checkConfig } from './check.js';
import { leafValues, mergeLayers, originOf, type Layer } from './layers.js';
import { runConfigSchema, singleSlots, type RunConfig, type SingleSlot, type SlotConfig } from './schema.js';
import { apart, together } from './errors.js';
import { tryValidate, validate } from './validate.js';
import { isOrzError, type OrzError } from '../errors.js';
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
 * Throws ORZ_CONFIG_*, ORZ_BACKEND_UNKNOWN or ORZ_PLUGIN_*, naming path, value, what is allowed and the layer; further
 * faults are in the details of the first.
 */
export async function resolveConfig(layers: readonly Layer[], registry: Registry): Promise<ResolvedConfig> {
  const { values, origins } = mergeLayers(layers);
  const validated = tryValidate(runConfigSchema, values, { prefix: '', origins });
  const faults = 'faults' in validated ? [...validated.faults] : [];
  const { slots, metrics } = await chooseProviders({ values, origins, registry, faults });
  if ('faults' in validated || faults.length > 0) throw together(faults);
  const stated = validated.data;
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

interface Choosing {
  readonly values: Readonly<Record<string, unknown>>;
  readonly origins: ReadonlyMap<string, string>;
  readonly registry: Registry;
  /** Gets the faults of what is chosen. */
  readonly faults: OrzError[];
}

/** What is chosen for the slots and as sinks, without what is at fault. */
async function chooseProviders({ values, origins, registry, faults }: Choosing) {
  const choose = async (slot: Slot, chosen: SlotConfig, prefix: string): Promise<ChosenProvider | undefined> => {
    const { type, ...settings } = chosen;
    try {
      const found = await registry.find(slot, type, originOf(prefix, origins) ?? 'default');
      return { ...found, settings: validate(found.provider.settings, settings, { prefix, origins }) };
    } catch (error) {
      if (!isOrzError(error)) throw error;
      faults.push(...apart(error));
      return undefined;
    }
  };
  const slots = new Map<SingleSlot, ChosenProvider>();
  for (const slot of singleSlots) {
    const { data } = runConfigSchema.shape[slot].safeParse(values[slot]);
    const chosen = data && (await choose(slot, data, slot));
    if (chosen) slots.set(slot, chosen);
  }
  const { data: sinks = [] } = runConfigSchema.shape.metrics.safeParse(values['metrics']);
  const metrics: ChosenProvider[] = [];
  for (const [i, sink] of sinks.entries()) {
    const chosen = await choose('metrics', sink, `metrics.${i}`);
    if (chosen) metrics.push(chosen);
  }
  return { slots, metrics };
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
