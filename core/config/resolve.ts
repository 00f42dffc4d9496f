import type { FoundProvider, Registry } from '../plugin/registry.js';
import { checkConfig } from './check.js';
import { mergeLayers, originOf, type Layer } from './layers.js';
import { runConfigSchema, singleSlots, type RunConfig, type SingleSlot, type SlotConfig } from './schema.js';
import { validate } from './validate.js';
import type { Slot } from '../contracts/tokens.js';

/** A provider chosen for a slot, with its settings checked and complete. */
export interface ChosenProvider extends FoundProvider {
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A configuration ready to run. */
export interface ResolvedConfig {
  readonly config: RunConfig;
  /** For each leaf of `config` the layer that set it: a layer's label, `default`, or `default of plugin NAME`. */
  readonly origins: ReadonlyMap<string, string>;
  readonly slots: ReadonlyMap<SingleSlot, ChosenProvider>;
  /** One entry per sink, in the order of the configuration. */
  readonly metrics: readonly ChosenProvider[];
}

/**
 * Merges the layers, fills in defaults and checks everything. Only the chosen plugins are imported, and none is started.
 * Throws ORZ_CONFIG_*, ORZ_BACKEND_UNKNOWN or ORZ_PLUGIN_*, naming path, value, what is allowed and the layer.
 */
export async function resolveConfig(layers: readonly Layer[], registry: Registry): Promise<ResolvedConfig> {
  const { values, origins } = mergeLayers(layers);
  const stated = validate(runConfigSchema, values, { prefix: '', origins });
  const choose = async (slot: Slot, { type, ...settings }: SlotConfig, prefix: string): Promise<ChosenProvider> => {
    const found = await registry.find(slot, type, originOf(prefix, origins) ?? 'default');
    return { ...found, settings: validate(found.provider.settings, settings, { prefix, origins }) };
  };
  const slots = new Map<SingleSlot, ChosenProvider>();
  for (const slot of singleSlots) slots.set(slot, await choose(slot, stated[slot], slot));
  const metrics = await Promise.all(stated.metrics.map((sink, i) => choose('metrics', sink, `metrics.${i}`)));
  const config = { ...stated, ...Object.fromEntries([...slots].map(([slot, chosen]) => [slot, slotConfig(chosen)])), metrics: metrics.map(slotConfig) };
  checkConfig(config, (path) => originOf(path, origins) ?? 'default');
  return { config, origins: completeOrigins(config, origins, slots), slots, metrics };
}

const slotConfig = ({ provider, settings }: ChosenProvider): SlotConfig => ({ type: provider.type, ...settings });

function completeOrigins(config: RunConfig, origins: ReadonlyMap<string, string>, slots: ReadonlyMap<SingleSlot, ChosenProvider>): Map<string, string> {
  const complete = new Map<string, string>();
  for (const [path] of leafValues(config)) {
    const plugin = slots.get(path.split('.')[0] as SingleSlot)?.plugin.name;
    const label = originOf(path, origins);
    complete.set(path, label ?? (plugin === undefined ? 'default' : `default of plugin ${plugin}`));
  }
  return complete;
}

/** Path and value of every leaf: what is neither an object nor a list of objects. */
export function leafValues(value: unknown, path = ''): [string, unknown][] {
  const holdsObjects = Array.isArray(value) ? value.some((entry) => typeof entry === 'object') : typeof value === 'object' && value !== null;
  if (!holdsObjects) return [[path, value]];
  return Object.entries(value as object).flatMap(([key, inner]) => leafValues(inner, path === '' ? key : `${path}.${key}`));
}
