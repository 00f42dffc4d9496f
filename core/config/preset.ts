import { presetCycle, unknownPreset } from './errors.js';
import type { Layer } from './layers.js';
import type { RunConfigInput } from './schema.js';

/** A named configuration that states only its differences from the one it extends. */
export interface Preset {
  readonly name: string;
  /** One line for `orz-train presets`. */
  readonly description: string;
  /** Name of the preset whose values lie below these. */
  readonly extends?: string;
  readonly values: RunConfigInput;
  /** Where each value comes from (paper section, script, issue), by path; a slot's entry covers its settings. */
  readonly sources: Readonly<Record<string, string>>;
}

/** Declares a preset: plain data, so that choosing one loads no other code. */
export const definePreset = (preset: Preset): Preset => preset;

/** Presets by name. */
export type PresetCatalog = ReadonlyMap<string, Preset>;

/**
 * A preset with all it extends, lowest first. Throws ORZ_PRESET_UNKNOWN for a name that is not in the catalog and
 * ORZ_PRESET_CYCLE when presets extend each other in a cycle.
 */
export function presetChain(name: string, catalog: PresetCatalog, origin?: string): Preset[] {
  const chain: Preset[] = [];
  let wanted: string | undefined = name;
  let asker = origin;
  while (wanted !== undefined) {
    const preset = catalog.get(wanted);
    if (!preset) throw unknownPreset(wanted, [...catalog.keys()], asker);
    const names = chain.map((entry) => entry.name);
    if (chain.includes(preset)) throw presetCycle([...names.toReversed(), wanted]);
    chain.unshift(preset);
    asker = `preset ${preset.name}`;
    wanted = preset.extends;
  }
  return chain;
}

/** The layers of a preset chain, labelled `preset NAME`. */
export function presetLayers(chain: readonly Preset[]): Layer[] {
  return chain.map(({ name, values }) => ({ label: `preset ${name}`, values }));
}

/** The citation for the value at `path`, from the preset named in its origin; undefined where none is stated. */
export function sourceOf(path: string, origin: string | undefined, chain: readonly Preset[]): string | undefined {
  const sources = chain.find(({ name }) => `preset ${name}` === origin)?.sources ?? {};
  for (let part = path; part !== ''; part = part.slice(0, Math.max(part.lastIndexOf('.'), 0))) {
    if (Object.hasOwn(sources, part)) return sources[part];
  }
  return undefined;
}
