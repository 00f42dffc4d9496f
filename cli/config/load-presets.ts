import { dirname } from 'node:path';
import * as z from 'zod';
import type { Preset, PresetCatalog } from '../../core/config/preset.js';
import { presetCatalog } from '../../presets/index.js';
import { invalidPreset, missingPreset, presetNameTaken, unloadablePreset } from './errors.js';
import { findModule, importModule, isPath } from './import-module.js';

/** A preset, built in or the user's. */
export interface LoadedPreset extends Preset {
  /** Of the file it comes from, where its own relative paths start; none for a built-in one. */
  readonly folder?: string;
}

/** Who named presets, and where relative paths start. */
interface Asker {
  readonly folder: string;
  readonly origin: string;
}

/**
 * Loads the presets that are named by a path or a package, with all they extend or change. Returns every preset by its
 * name, and the names of those asked for. Throws ORZ_PRESET_UNKNOWN if there is none, ORZ_PRESET_INVALID for a module
 * that cannot be executed or exports something else, or a name that is taken.
 */
export async function loadPresets(
  named: readonly string[],
  asker: Asker,
): Promise<{ readonly names: string[]; readonly catalog: PresetCatalog<LoadedPreset> }> {
  const loader = new PresetLoader();
  const names: string[] = [];
  for (const name of named) names.push(await loader.load(name, asker));
  return { names, catalog: loader.catalog };
}

class PresetLoader {
  readonly catalog = new Map<string, LoadedPreset>(presetCatalog);
  private readonly nameByPath = new Map<string, string>();

  /** The name under which the catalog has the preset. One that does not exist is left to whoever looks it up. */
  async load(named: string, asker: Asker): Promise<string> {
    if (presetCatalog.has(named)) return named;
    const path = await findModule(named, asker.folder);
    if (path === undefined) {
      if (isPath(named)) throw missingPreset(named, asker);
      return named;
    }
    const known = this.nameByPath.get(path);
    if (known !== undefined) return known;
    const preset = await importPreset(path, asker.origin);
    if (this.catalog.has(preset.name)) throw presetNameTaken(preset.name, path);
    this.nameByPath.set(path, preset.name);
    this.catalog.set(preset.name, preset);
    this.catalog.set(preset.name, await this.withLoadedNames(preset, dirname(path)));
    return preset.name;
  }

  private async withLoadedNames(preset: Preset, folder: string): Promise<LoadedPreset> {
    const asker = { folder, origin: `preset ${preset.name}` };
    const named = async (key: 'extends' | 'changes'): Promise<Partial<Preset>> =>
      preset[key] === undefined ? {} : { [key]: await this.load(preset[key], asker) };
    return { ...preset, ...(await named('extends')), ...(await named('changes')), folder };
  }
}

const presetForm = z
  .strictObject({
    name: z.string().regex(/^[\w.-]+$/, 'letters, digits, _ . and -'),
    description: z.string(),
    extends: z.string().optional(),
    changes: z.string().optional(),
    values: z.record(z.string(), z.unknown()),
    sources: z.record(z.string(), z.string()).optional(),
  })
  .refine(({ extends: below, changes }) => below === undefined || changes === undefined, {
    path: ['changes'],
    message: 'a preset that extends another is complete, and changes none',
  });

async function parsePreset(path: string) {
  const loaded = (await importModule(path, dirname(path))) as { readonly default?: unknown };
  return presetForm.safeParse(loaded.default);
}

async function importPreset(path: string, origin: string): Promise<Preset> {
  const parsed = await parsePreset(path).catch((cause: unknown) => {
    throw unloadablePreset(path, origin, cause);
  });
  if (!parsed.success) throw invalidPreset(path, parsed.error.issues, origin);
  return parsed.data as Preset;
}
