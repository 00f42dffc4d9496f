import { elementAt } from '../arrays.js';
import { presetCycle, unknownPreset } from './errors.js';
import type { Layer } from './layers.js';
import type { RunConfigInput } from './schema.js';

/** A named configuration that states only its differences from the one below it. */
export interface Preset {
  readonly name: string;
  /** One line for `orz-train presets`. */
  readonly description: string;
  /** Name, path or package of the preset whose values always lie below these. */
  readonly extends?: string;
  /**
   * For a preset that is a difference, such as an ablation: what it changes where it is chosen alone. Chosen together
   * with others it lies on top of them, and this is not used.
   */
  readonly changes?: string;
  readonly values: RunConfigInput;
  /** Where each value comes from (paper section, script, issue), by path; a slot's entry covers its settings. */
  readonly sources?: Readonly<Record<string, string>>;
}

/** Declares a preset: plain data, so that choosing one loads no other code. */
export const definePreset = (preset: Preset): Preset => preset;

/** Presets by name. */
export type PresetCatalog<P extends Preset = Preset> = ReadonlyMap<string, P>;

/**
 * The presets of some names with all they extend, lowest first and each once: the complete ones, then those that are
 * differences, in the order given. Differences alone lie on what the first of them changes. Throws ORZ_PRESET_UNKNOWN
 * for a name that is not in the catalog, and ORZ_PRESET_CYCLE when presets extend each other in a cycle. `origin` is
 * what named them.
 */
export function presetStack<P extends Preset>(
  names: readonly string[],
  catalog: PresetCatalog<P>,
  origin?: string,
): P[] {
  const chains = names.map((name) => presetChain(name, catalog, origin));
  const complete = chains.filter((chain) => !isDifference(chain));
  const differences = chains.filter(isDifference);
  const below = complete.length > 0 ? complete.flat() : changedBy(differences[0], catalog);
  return [...new Set([...below, ...differences.flat()])];
}

const isDifference = (chain: readonly Preset[]): boolean => elementAt(chain, 0).changes !== undefined;

/** What lies below a difference that is chosen alone; a difference may change another one. */
function changedBy<P extends Preset>(chain: readonly P[] | undefined, catalog: PresetCatalog<P>): P[] {
  const below: P[] = [];
  const path: string[] = [];
  for (let bottom = chain?.[0]; bottom?.changes !== undefined; bottom = below[0]) {
    path.push(bottom.name);
    if (path.includes(bottom.changes)) throw presetCycle([...path, bottom.changes]);
    below.unshift(...presetChain(bottom.changes, catalog, `preset ${bottom.name}`));
  }
  return below;
}

/** A preset with all it extends, lowest first. */
function presetChain<P extends Preset>(name: string, catalog: PresetCatalog<P>, origin?: string): P[] {
  const chain: P[] = [];
  let wanted: string | undefined = name;
  let asker = origin;
  while (wanted !== undefined) {
    const preset: P | undefined = catalog.get(wanted);
    if (!preset) throw unknownPreset(wanted, [...catalog.keys()], asker);
    const names = chain.map((entry) => entry.name);
    if (chain.includes(preset)) throw presetCycle([...names.toReversed(), wanted]);
    chain.unshift(preset);
    asker = `preset ${preset.name}`;
    wanted = preset.extends;
  }
  return chain;
}

/** The layers of presets, labelled `preset NAME`. */
export function presetLayers(stack: readonly Preset[]): Layer[] {
  return stack.map(({ name, values }) => ({ label: `preset ${name}`, values }));
}

/** The citation for the value at `path`, from the preset named in its origin; undefined where none is stated. */
export function sourceOf(path: string, origin: string | undefined, stack: readonly Preset[]): string | undefined {
  const sources = stack.find(({ name }) => `preset ${name}` === origin)?.sources ?? {};
  for (let part = path; part !== ''; part = part.slice(0, Math.max(part.lastIndexOf('.'), 0))) {
    if (Object.hasOwn(sources, part)) return sources[part];
  }
  return undefined;
}
