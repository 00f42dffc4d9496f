import { dirname } from 'node:path';
import { isFileKey } from '../../core/config/json-schema.js';
import { mergeLayers, originOf, parseSet, type Layer } from '../../core/config/layers.js';
import { presetChain, presetLayers, type Preset } from '../../core/config/preset.js';
import { resolveConfig, type ResolvedConfig } from '../../core/config/resolve.js';
import { loadPlugin } from '../../core/plugin/load.js';
import { createRegistry, type Registry } from '../../core/plugin/registry.js';
import { presetCatalog } from '../../presets/index.js';
import { builtinPlugins } from '../builtin-plugins.js';
import { presetNotNamed } from './errors.js';
import { findConfigFile, readConfigFile, type ConfigFile } from './find-config.js';
import { importModule, resolveModule } from './import-module.js';
import { readRunConfig } from './run-config.js';
import { requireTrusted } from './trusted-plugins.js';

/** What the flags of a command say about the configuration, as typed. */
export interface ConfigFlags {
  readonly preset?: string;
  readonly config?: string;
  readonly set?: readonly string[];
  readonly seed?: string;
  readonly iterations?: string;
  readonly runDir?: string;
  /**
   * Folder of a run to continue: its own settings take precedence over preset and configuration file, unless one is
   * named.
   */
  readonly resume?: string;
  readonly force?: boolean;
  /** Load the plugins that the run names, whatever they are. */
  readonly trustPlugins?: boolean;
}

/** Everything that decides a run, gathered and checked. */
export interface GatheredConfig {
  readonly preset: string;
  readonly chain: readonly Preset[];
  readonly layers: readonly Layer[];
  /** Absolute paths of the user's plugins. */
  readonly plugins: readonly string[];
  readonly registry: Registry;
  readonly resolved: ResolvedConfig;
}

/** The preset of a run that names none. */
export const defaultPreset = 'orz-tiny';

/**
 * Puts the layers of a command together: presets, configuration file, flags; loads the user's plugins and resolves.
 * Throws OrzError for whatever is wrong.
 */
export async function gatherConfig(flags: ConfigFlags, cwd: string): Promise<GatheredConfig> {
  if (isResumed(flags)) return gatherResumed(flags, flags.resume);
  const file = flags.config === undefined ? await findConfigFile(cwd) : await readConfigFile(cwd, flags.config);
  const [preset, origin] = choosePreset(flags.preset, file);
  const chain = presetChain(preset, presetCatalog, origin);
  const layers = [...presetLayers(chain), ...fileLayer(file), ...flagLayers(flags)];
  const plugins = await userPlugins(layers, file, cwd);
  const registry = await openRegistry(plugins);
  return { preset, chain, layers, plugins, registry, resolved: await resolveConfig(layers, registry) };
}

/** Whether a run's own settings replace preset and configuration file. */
export const isResumed = (flags: ConfigFlags): flags is ConfigFlags & { readonly resume: string } =>
  flags.resume !== undefined && flags.preset === undefined && flags.config === undefined;

/** The configuration that a run has stored, below the flags. */
async function gatherResumed(flags: ConfigFlags, folder: string): Promise<GatheredConfig> {
  const run = await readRunConfig(folder, '--resume');
  const { layers, plugins } = await runLayers(run, flagLayers(flags), flags);
  const registry = await openRegistry(plugins);
  return {
    preset: `of ${folder}`,
    chain: [],
    layers,
    plugins,
    registry,
    resolved: await resolveConfig(layers, registry),
  };
}

/**
 * The settings that a run has stored, below `flags`, and its plugins. Throws ORZ_PLUGIN_LOAD for plugins that the run
 * names and the user does not trust.
 */
export async function runLayers(
  run: ConfigFile,
  flags: readonly Layer[],
  { trustPlugins = false }: Pick<ConfigFlags, 'trustPlugins'>,
): Promise<Pick<GatheredConfig, 'layers' | 'plugins'>> {
  const layers = [...fileLayer(run), ...flags];
  const plugins = await userPlugins(layers, run, run.folder);
  const namedByRun = originOf('plugins', mergeLayers(layers).origins) === run.label;
  if (namedByRun && !trustPlugins) await requireTrusted(plugins, run.folder);
  return { layers, plugins };
}

/** The built-in plugins and those at the given absolute paths. */
export async function openRegistry(plugins: readonly string[]): Promise<Registry> {
  const own = await Promise.all(
    plugins.map((path) => loadPlugin(path, (specifier) => importModule(specifier, dirname(specifier)))),
  );
  return createRegistry([...builtinPlugins, ...own]);
}

function choosePreset(flag: string | undefined, file: ConfigFile | undefined): [name: string, origin: string] {
  if (flag !== undefined) return [flag, '--preset'];
  const stated = file?.values['preset'];
  if (file === undefined || stated === undefined) return [defaultPreset, 'default'];
  if (typeof stated === 'string') return [stated, file.label];
  throw presetNotNamed(stated, [...presetCatalog.keys()], file.label);
}

/**
 * `preset` chooses the layers below the file, `$schema` tells editors what it may contain; neither is a setting of the
 * run.
 */
function fileLayer(file: ConfigFile | undefined): Layer[] {
  if (file === undefined) return [];
  const values = Object.fromEntries(Object.entries(file.values).filter(([key]) => !isFileKey(key)));
  return [{ label: file.label, values }];
}

function flagLayers({ set = [], seed, iterations, runDir, resume }: ConfigFlags): Layer[] {
  const flag = (name: string, key: string, value: string | undefined, parsed: unknown): Layer[] =>
    value === undefined ? [] : [{ label: `--${name} ${value}`, values: { [key]: parsed } }];
  return [
    ...set.map(parseSet),
    ...flag('seed', 'seed', seed, numberOrText(seed)),
    ...flag('iterations', 'iterations', iterations, numberOrText(iterations)),
    ...flag('run-dir', 'runDir', runDir, runDir),
    ...flag('resume', 'runDir', resume, resume),
  ];
}

/** Text that is no number stays text, so that the schema can say what it is and what was allowed. */
export function numberOrText(text: string | undefined): unknown {
  return text !== undefined && text.trim() !== '' && !Number.isNaN(Number(text)) ? Number(text) : text;
}

async function userPlugins(layers: readonly Layer[], file: ConfigFile | undefined, cwd: string): Promise<string[]> {
  const { values, origins } = mergeLayers(layers);
  const listed = values['plugins'];
  // Anything but a list of texts is left to the schema, which says what is wrong with it.
  if (!Array.isArray(listed) || !listed.every((entry) => typeof entry === 'string')) return [];
  const origin = originOf('plugins', origins) ?? 'plugins';
  const folder = file !== undefined && origin === file.label ? file.folder : cwd;
  return Promise.all(listed.map((specifier) => resolveModule(specifier, folder, origin)));
}
