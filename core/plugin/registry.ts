import type { Slot } from '../contracts/contract-tokens.js';
import { lastOf } from '../arrays.js';
import { collectReplacements, type ChosenReplacement } from '../container/replacement.js';
import type { LoopParts } from '../contracts/loop.js';
import type { Plugin, Provider } from './define.js';
import {
  duplicateName,
  duplicateType,
  requirementCycle,
  unchosenSlot,
  unknownType,
  unlikeRegistration,
  unprovidedSlot,
} from './errors.js';
import { checkPlugin } from './load.js';
import { without } from './without.js';

/** A plugin known by name only: its code is imported when one of its types is chosen. */
export interface LazyPlugin {
  readonly name: string;
  /** Types by slot; must equal what the loaded plugin provides. */
  readonly slots: Readonly<Partial<Record<Slot, readonly string[]>>>;
  load(): Promise<Plugin>;
}

/** A provider with the plugin it belongs to. */
export interface FoundProvider {
  readonly plugin: Plugin;
  readonly provider: Provider;
}

/** All plugins of a run. Looking one up imports that plugin and no other. */
export interface Registry {
  /** Names of the plugins in order of registration. */
  readonly names: readonly string[];
  /** Types that can be chosen in a slot, sorted. */
  types(slot: Slot): string[];
  /** Throws ORZ_BACKEND_UNKNOWN or ORZ_PLUGIN_UNKNOWN, listing what is known; `origin` says which layer asked. */
  find(slot: Slot, type: string, origin?: string): Promise<FoundProvider>;
  /** What plugins that are already loaded replace in the training loop. */
  readonly replacements: ReadonlyMap<keyof LoopParts, ChosenReplacement>;
  /** Every provider of every plugin, for listings; imports them all. */
  all(): Promise<FoundProvider[]>;
}

/** Throws ORZ_PLUGIN_DUPLICATE, ORZ_PLUGIN_INVALID or ORZ_PLUGIN_MISSING, always naming the plugin. */
export function createRegistry(chosen: readonly (Plugin | LazyPlugin)[]): Registry {
  const plugins = [without, ...chosen];
  const entries = plugins.map((plugin) => ('load' in plugin ? lazyEntry(plugin) : loadedEntry(plugin)));
  const owners = indexOwners(entries);
  for (const plugin of plugins) if (!('load' in plugin)) checkRequirements(plugin, owners);
  const typesOf = (slot: Slot) => [...(owners.get(slot)?.keys() ?? [])].sort();
  const load = async (entry: Entry) => {
    const plugin = await entry.load();
    checkRequirements(plugin, owners);
    return plugin.provides.map((provider) => ({ plugin, provider }));
  };
  const loaded = plugins.filter((plugin): plugin is Plugin => !('load' in plugin));
  return {
    replacements: collectReplacements(loaded),
    names: entries.map((entry) => entry.name),
    types: typesOf,
    find: async (slot, type, origin) => {
      const entry = owners.get(slot)?.get(type);
      const found =
        entry && (await load(entry)).find(({ provider }) => provider.slot === slot && provider.type === type);
      if (!found) throw unknownType(slot, type, typesOf(slot), origin);
      return found;
    },
    all: async () => (await Promise.all(entries.map(load))).flat(),
  };
}

interface Entry {
  readonly name: string;
  readonly types: readonly (readonly [Slot, string])[];
  load(): Promise<Plugin>;
}

type Owners = ReadonlyMap<Slot, ReadonlyMap<string, Entry>>;

function loadedEntry(plugin: Plugin): Entry {
  checkPlugin(plugin, plugin.name);
  return {
    name: plugin.name,
    types: plugin.provides.map(({ slot, type }) => [slot, type]),
    load: () => Promise.resolve(plugin),
  };
}

function lazyEntry(lazy: LazyPlugin): Entry {
  const types = (Object.keys(lazy.slots) as Slot[]).flatMap((slot) =>
    (lazy.slots[slot] ?? []).map((type) => [slot, type] as const),
  );
  let loading: Promise<Plugin> | undefined;
  const load = async () => {
    const plugin = checkPlugin(await lazy.load(), lazy.name);
    const found = plugin.provides.map(({ slot, type }) => `${slot} '${type}'`);
    const declared = types.map(([slot, type]) => `${slot} '${type}'`);
    if (plugin.name !== lazy.name || found.toSorted().join() !== declared.toSorted().join())
      throw unlikeRegistration(lazy.name, declared, { name: plugin.name, types: found });
    return plugin;
  };
  return { name: lazy.name, types, load: () => (loading ??= load()) };
}

/** Which plugin provides which type. Throws ORZ_PLUGIN_DUPLICATE. */
function indexOwners(entries: readonly Entry[]): Owners {
  const names = new Set<string>();
  const owners = new Map<Slot, Map<string, Entry>>();
  for (const entry of entries) {
    if (names.has(entry.name)) throw duplicateName(entry.name);
    names.add(entry.name);
    for (const [slot, type] of entry.types) {
      const types = owners.get(slot) ?? new Map<string, Entry>();
      const other = types.get(type);
      if (other) throw duplicateType(slot, type, [other.name, entry.name]);
      owners.set(slot, types.set(type, entry));
    }
  }
  return owners;
}

function checkRequirements(plugin: Plugin, owners: Owners): void {
  const missing = plugin.requires?.find((slot) => !owners.has(slot));
  if (missing !== undefined) throw unprovidedSlot(missing, plugin.name, [...owners.keys()]);
}

/**
 * The slots that starting `roots` needs, in the order in which their providers must start: what a plugin requires comes
 * before its providers. A required slot missing from `chosen` throws ORZ_PLUGIN_MISSING, a cycle ORZ_PLUGIN_CYCLE
 * naming all its members. Checked here because the container would only overflow its stack.
 */
export function startOrder<S extends Slot, P extends FoundProvider>(
  chosen: ReadonlyMap<S, P>,
  roots: readonly S[],
): S[] {
  const order: S[] = [];
  /** `path` leads from a root to `slot`. */
  const visit = (slot: S, path: readonly Step<S>[]): void => {
    if (order.includes(slot)) return;
    const found = chosen.get(slot);
    if (!found) throw unchosenSlot(slot, path.length === 0 ? 'run' : lastOf(path).plugin);
    const step = { slot, plugin: found.plugin.name };
    const from = path.findIndex((earlier) => earlier.slot === slot);
    if (from >= 0) throw requirementCycle([...path.slice(from), step]);
    // Every requirement is a slot; one without a choice is caught above.
    for (const required of requirements(found)) visit(required as S, [...path, step]);
    order.push(slot);
  };
  for (const slot of roots) visit(slot, []);
  return order;
}

interface Step<S> {
  readonly slot: S;
  readonly plugin: string;
}

/** Slots that must start before this provider; a plugin with several providers does not wait for itself. */
export function requirements({ plugin, provider }: FoundProvider): Slot[] {
  return (plugin.requires ?? []).filter((slot) => slot !== provider.slot);
}
