import type { Slot } from '../contracts/contract-tokens.js';
import { collectReplacements, type ChosenReplacement } from '../container/replacement.js';
import type { LoopParts } from '../contracts/loop.js';
import { OrzError, nearest } from '../errors.js';
import type { Plugin, Provider } from './define.js';
import { checkPlugin, invalidPlugin } from './load.js';

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
  /** What the plugins that were given loaded replace in the training loop. */
  readonly replacements: ReadonlyMap<keyof LoopParts, ChosenReplacement>;
  /** Every provider of every plugin, all imported: for listings. */
  all(): Promise<FoundProvider[]>;
}

/** Throws ORZ_PLUGIN_DUPLICATE, ORZ_PLUGIN_INVALID or ORZ_PLUGIN_MISSING, always naming the plugin. */
export function createRegistry(plugins: readonly (Plugin | LazyPlugin)[]): Registry {
  const entries = plugins.map((plugin) => ('load' in plugin ? lazyEntry(plugin) : loadedEntry(plugin)));
  const owners = collectOwners(entries);
  for (const plugin of plugins) if (!('load' in plugin)) checkNeeds(plugin, owners);
  const typesOf = (slot: Slot) => [...(owners.get(slot)?.keys() ?? [])].sort();
  const load = async (entry: Entry) => {
    const plugin = await entry.load();
    checkNeeds(plugin, owners);
    return plugin.provides.map((provider) => ({ plugin, provider }));
  };
  const loaded = plugins.filter((plugin): plugin is Plugin => !('load' in plugin));
  return {
    replacements: collectReplacements(loaded),
    names: entries.map((entry) => entry.name),
    types: typesOf,
    find: async (slot, type, origin) => {
      const entry = owners.get(slot)?.get(type);
      if (!entry) throw unknownType(slot, type, typesOf(slot), origin);
      return (await load(entry)).find(({ provider }) => provider.slot === slot && provider.type === type)!;
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
    lazy.slots[slot]!.map((type) => [slot, type] as const),
  );
  let loading: Promise<Plugin> | undefined;
  const load = async () => {
    const plugin = checkPlugin(await lazy.load(), lazy.name);
    const found = plugin.provides.map(({ slot, type }) => `${slot} '${type}'`);
    const declared = types.map(([slot, type]) => `${slot} '${type}'`);
    if (plugin.name !== lazy.name || found.toSorted().join() !== declared.toSorted().join()) {
      throw invalidPlugin(
        lazy.name,
        `it is registered with ${declared.join(', ')} but '${plugin.name}' provides ${found.join(', ')}`,
        lazy.name,
      );
    }
    return plugin;
  };
  return { name: lazy.name, types, load: () => (loading ??= load()) };
}

function collectOwners(entries: readonly Entry[]): Owners {
  const names = new Set<string>();
  const owners = new Map<Slot, Map<string, Entry>>();
  for (const entry of entries) {
    if (names.has(entry.name))
      throw duplicate(entry.name, `Two plugins are named '${entry.name}'`, 'Rename one of them, or list it once.');
    names.add(entry.name);
    for (const [slot, type] of entry.types) {
      const types = owners.get(slot) ?? new Map<string, Entry>();
      const other = types.get(type);
      if (other)
        throw duplicate(
          entry.name,
          `Plugins '${other.name}' and '${entry.name}' both provide ${slot} '${type}'`,
          'Give one of them another type.',
        );
      owners.set(slot, types.set(type, entry));
    }
  }
  return owners;
}

function checkNeeds(plugin: Plugin, owners: Owners): void {
  const missing = plugin.requires?.find((slot) => !owners.has(slot));
  if (missing === undefined) return;
  throw new OrzError('ORZ_PLUGIN_MISSING', `Plugin '${plugin.name}' requires ${missing}, and no plugin provides one`, {
    value: missing,
    origin: plugin.name,
    allowed: [...owners.keys()],
    remedy: `Add a plugin that provides ${missing}.`,
  });
}

function duplicate(name: string, message: string, remedy: string): OrzError {
  return new OrzError('ORZ_PLUGIN_DUPLICATE', message, { value: name, origin: 'plugins', remedy });
}

function unknownType(slot: Slot, type: string, known: string[], origin: string | undefined): OrzError {
  const near = nearest(type, known);
  return new OrzError(
    slot === 'backend' ? 'ORZ_BACKEND_UNKNOWN' : 'ORZ_PLUGIN_UNKNOWN',
    `There is no ${slot} '${type}'`,
    {
      value: type,
      allowed: known,
      ...(origin === undefined ? {} : { origin }),
      remedy:
        near === undefined
          ? `Choose one of them, or list the plugin that provides it under 'plugins'.`
          : `Did you mean '${near}'?`,
    },
  );
}

/**
 * The slots that starting `roots` needs, in the order in which their providers must start: what a plugin requires comes
 * before its providers. A required slot missing from `chosen` throws ORZ_PLUGIN_MISSING, a cycle ORZ_PLUGIN_CYCLE naming
 * all its members. Checked here because the container would only overflow its stack.
 */
export function startOrder<S extends Slot, P extends FoundProvider>(
  chosen: ReadonlyMap<S, P>,
  roots: readonly S[],
): S[] {
  const order: S[] = [];
  const visit = (slot: S, path: readonly S[]): void => {
    if (order.includes(slot)) return;
    if (path.includes(slot)) throw cycle([...path.slice(path.indexOf(slot)), slot], chosen);
    const found = chosen.get(slot);
    if (!found) throw unmet(slot, chosen.get(path.at(-1)!)?.plugin.name ?? 'run');
    // Every requirement is a slot; one that is not in the map of choices is caught just above.
    for (const need of requirements(found)) visit(need as S, [...path, slot]);
    order.push(slot);
  };
  for (const slot of roots) visit(slot, []);
  return order;
}

/** Slots that must start before this provider; a plugin with several providers does not wait for itself. */
export function requirements({ plugin, provider }: FoundProvider): Slot[] {
  return (plugin.requires ?? []).filter((slot) => slot !== provider.slot);
}

function unmet(slot: Slot, plugin: string): OrzError {
  return new OrzError('ORZ_PLUGIN_MISSING', `Plugin '${plugin}' requires ${slot}, and the configuration chooses none`, {
    value: slot,
    origin: plugin,
    remedy: `Choose a provider: --set ${slot}=NAME`,
  });
}

function cycle<S extends Slot>(slots: readonly S[], chosen: ReadonlyMap<S, FoundProvider>): OrzError {
  const names = slots.map((slot) => `${slot} (plugin '${chosen.get(slot)!.plugin.name}')`);
  return new OrzError('ORZ_PLUGIN_CYCLE', `Plugins require each other in a circle: ${names.join(' → ')}`, {
    value: slots,
    origin: 'plugins',
    remedy: 'Remove one of these entries from `requires`.',
  });
}
