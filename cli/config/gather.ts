import { basename, dirname, resolve } from 'node:path';
import { isFileKey } from '../../core/config/json-schema.js';
import { parseSet, type Layer } from '../../core/config/layers.js';
import { apart, together } from '../../core/config/errors.js';
import { isOrzError, type ErrorCode } from '../../core/errors.js';
import { presetLayers, presetStack } from '../../core/config/preset.js';
import { resolveConfig, type ResolvedConfig } from '../../core/config/resolve.js';
import { loadPlugin } from '../../core/plugin/load.js';
import { createRegistry, type Registry } from '../../core/plugin/registry.js';
import { presetCatalog } from '../../presets/index.js';
import { builtinPlugins } from '../builtin-plugins.js';
import { defaultPreset } from './default-preset.js';
import { presetNotNamed } from './errors.js';
import { findConfigFile, readConfigFile, type ConfigFile } from './find-config.js';
import { importModule, resolveModule } from './import-module.js';
import { loadPresets, type LoadedPreset } from './load-presets.js';
import { readRunConfig } from './run-config.js';
import { requireTrusted } from './trusted-plugins.js';

/** What the flags of a command say about the configuration, as typed. */
export interface ConfigFlags {
  readonly preset?: readonly string[];
  /** False where configuration files are ignored. */
  readonly config?: string | false;
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
  /** What the run is called: its presets, or the name of its folder where its own settings count. */
  readonly name: string;
  /** Names of the chosen presets, joined by +; absent where the settings are those of a run that continues. */
  readonly preset?: string;
  /** These and all that lies below them, lowest first. */
  readonly stack: readonly LoadedPreset[];
  readonly layers: readonly Layer[];
  /** Absolute paths of the user's plugins. */
  readonly plugins: readonly string[];
  readonly registry: Registry;
  readonly resolved: ResolvedConfig;
}

/**
 * Puts the layers of a command together: presets, configuration file, flags; loads the user's plugins and resolves.
 * A program hands in a configuration, `given`, in place of a file.
 * Throws OrzError for whatever is wrong.
 */
export async function gatherConfig(flags: ConfigFlags, cwd: string, given?: ConfigFile): Promise<GatheredConfig> {
  if (given === undefined && isResumed(flags)) return gatherResumed(flags, flags.resume);
  const file = given ?? (await configFile(flags, cwd));
  return gatherLayers(
    namedPresets(flags.preset, file, { folder: cwd }),
    [...fileLayer(file), ...flagLayers(flags)],
    cwd,
  );
}

/**
 * The same for a command that says itself what `flags` are, and which preset counts where the file, if there is one,
 * names none.
 */
export function gatherBelow(
  flags: readonly Layer[],
  { file, preset }: { readonly file: ConfigFile | undefined; readonly preset: string },
  cwd: string,
): Promise<GatheredConfig> {
  return gatherLayers(namedPresets(undefined, file, { folder: cwd, preset }), [...fileLayer(file), ...flags], cwd);
}

/** The same for presets and layers that a command puts together itself. */
export async function gatherLayers(
  { named, folder, origin }: NamedPresets,
  above: readonly Layer[],
  cwd: string,
): Promise<GatheredConfig> {
  const { names, catalog } = await loadPresets(named, { folder, origin });
  const stack = presetStack(names, catalog, origin);
  const layers = [...stack.flatMap(presetLayer), ...above];
  const { plugins, registry } = await openPlugins(layers, cwd);
  const resolved = await resolveConfig(layers, registry);
  const preset = names.join('+');
  return { name: preset, preset, stack, layers, plugins, registry, resolved };
}

/** The plugins that the layers name. Where one cannot be loaded, whatever else is wrong is told with it. */
async function openPlugins(
  layers: readonly Layer[],
  cwd: string,
): Promise<Pick<GatheredConfig, 'plugins' | 'registry'>> {
  try {
    const files = pluginFiles(layers, cwd);
    const located = await Promise.allSettled(files);
    const plugins = [...new Set(located.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])))];
    const registry = openRegistry(plugins);
    await allOrTogether<unknown>([...files, registry]);
    return { plugins, registry: await registry };
  } catch (error) {
    if (!isOrzError(error)) throw error;
    const settings: unknown = await resolveConfig(layers, createRegistry(builtinPlugins)).catch(
      (other: unknown) => other,
    );
    // A type that is unknown without the plugin may be one of its own.
    const faults = isOrzError(settings) ? apart(settings).filter(({ code }) => !unknownTypes.includes(code)) : [];
    throw together([...apart(error), ...faults]);
  }
}

const unknownTypes: readonly ErrorCode[] = ['ORZ_PLUGIN_UNKNOWN', 'ORZ_BACKEND_UNKNOWN'];

/** The configuration file of the flags, or the nearest one. Throws as {@link findConfigFile} and readConfigFile do. */
export async function configFile(
  { config }: Pick<ConfigFlags, 'config'>,
  cwd: string,
): Promise<ConfigFile | undefined> {
  if (config === false) return undefined;
  return config === undefined ? findConfigFile(cwd) : readConfigFile(cwd, config);
}

const presetLayer = ({ folder, ...preset }: LoadedPreset): Layer[] =>
  presetLayers([preset]).map((layer) => ({ ...layer, ...(folder !== undefined && { folder }) }));

/** Whether a run's own settings replace preset and configuration file. */
export const isResumed = (flags: ConfigFlags): flags is ConfigFlags & { readonly resume: string } =>
  flags.resume !== undefined && flags.preset === undefined && typeof flags.config !== 'string';

/** The configuration that a run has stored, below the flags. */
async function gatherResumed(flags: ConfigFlags, folder: string): Promise<GatheredConfig> {
  const run = await readRunConfig(folder, '--resume');
  const { layers, plugins } = await runLayers(run, flagLayers(flags), flags);
  const registry = await openRegistry(plugins);
  return {
    name: basename(resolve(folder)),
    stack: [],
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
  const stored = fileLayer(run);
  const [own, named] = await Promise.all([stored, flags].map((layers) => userPlugins(layers, process.cwd())));
  const onlyByRun = (own ?? []).filter((plugin) => named?.includes(plugin) !== true);
  if (!trustPlugins) await requireTrusted(onlyByRun, run.folder);
  return { layers: [...stored, ...flags], plugins: [...onlyByRun, ...(named ?? [])] };
}

/** The built-in plugins and those at the given absolute paths. */
export async function openRegistry(plugins: readonly string[]): Promise<Registry> {
  const own = await allOrTogether(
    plugins.map((path) => loadPlugin(path, (specifier) => importModule(specifier, dirname(specifier)))),
  );
  return createRegistry([...builtinPlugins, ...own]);
}

/** Names or paths of presets, the folder where paths start, and who names them. */
export interface NamedPresets {
  readonly named: readonly string[];
  readonly folder: string;
  readonly origin: string;
}

/** The presets that flags name, or else the file, or else the default. */
function namedPresets(
  flags: readonly string[] | undefined,
  file: ConfigFile | undefined,
  { folder, preset = defaultPreset }: { readonly folder: string; readonly preset?: string },
): NamedPresets {
  if (flags !== undefined) return { named: flags, folder, origin: '--preset' };
  const stated = file?.values['preset'];
  if (file === undefined || stated === undefined) return { named: [preset], folder, origin: 'default' };
  const named: readonly unknown[] = Array.isArray(stated) ? stated : [stated];
  if (named.length > 0 && named.every((name) => typeof name === 'string'))
    return { named, folder: file.folder, origin: file.label };
  throw presetNotNamed(stated, [...presetCatalog.keys()], file.label);
}

/**
 * `preset` chooses the layers below the file, `$schema` tells editors what it may contain; neither is a setting of the
 * run.
 */
function fileLayer(file: ConfigFile | undefined): Layer[] {
  if (file === undefined) return [];
  const values = Object.fromEntries(Object.entries(file.values).filter(([key]) => !isFileKey(key)));
  return [{ label: file.label, values, folder: file.folder }];
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

/** The plugins of all layers. */
const userPlugins = async (layers: readonly Layer[], cwd: string): Promise<string[]> => [
  ...new Set(await allOrTogether(pluginFiles(layers, cwd))),
];

/** The files of the plugins of all layers, each found from where its layer comes from. */
function pluginFiles(layers: readonly Layer[], cwd: string): Promise<string>[] {
  return layers.flatMap(({ label, values, folder = cwd }) => {
    const plugins: unknown = (values as Readonly<Record<string, unknown>>)['plugins'];
    // Anything but a list of names is left to the schema, which says what is wrong with it.
    return isNames(plugins) ? plugins.map((specifier) => resolveModule(specifier, folder, label)) : [];
  });
}

/** All results, or everything that went wrong as one error. */
async function allOrTogether<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises);
  const failures = settled.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : []));
  if (failures.every(isOrzError) && failures.length > 0) throw together(failures.flatMap(apart));
  // What is no OrzError is a bug, and counts by itself.
  if (failures.length > 0) return Promise.all(promises);
  return settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string' && entry !== '');
