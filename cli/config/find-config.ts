import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { cosmiconfig, defaultLoaders, type Loader } from 'cosmiconfig';
import { isOrzError } from '../../core/errors.js';
import {
  configIsFolder,
  missingConfig,
  noConfiguration,
  severalConfigs,
  unreadableConfig,
  unsupportedConfig,
  utf16Config,
} from './errors.js';
import { importModule } from './import-module.js';

/** A configuration file as found. */
export interface ConfigFile {
  /** As a user would name it, relative to the current folder; shown as the origin of its values. */
  readonly label: string;
  /** Folder of the file: its paths are relative to it. */
  readonly folder: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Reads text as the loader for its kind does, without a byte order mark; UTF-16 is an error that says so. */
const text =
  (load: Loader): Loader =>
  (path, content) => {
    // The content was decoded as UTF-8, and no text in UTF-8 has this character.
    if (content.includes('\0')) throw utf16Config(path);
    return load(path, content.replace(/^\ufeff/, '')) as unknown;
  };

const module: Loader = async (path) => {
  const loaded = (await importModule(path, dirname(path))) as { default?: unknown };
  return loaded.default;
};

/** Formats that are read, in the names of files that are looked for. */
const readable = ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs', 'json', 'yaml', 'yml'].map(
  (ending) => `orz.config.${ending}`,
);
/** Formats in which people may expect to be understood. They are refused by name, since passing over is no answer. */
const unreadable = ['toml', 'json5', 'jsonc'].map((ending) => `orz.config.${ending}`);
const places = [...readable, ...unreadable, 'package.json'];

const refuse: Loader = (path) => {
  throw unsupportedConfig(path, readable);
};

const { '.json': json, '.yaml': yaml } = defaultLoaders;
const loaders: Readonly<Record<string, Loader>> = {
  ...Object.fromEntries(['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'].map((ending) => [ending, text(module)])),
  ...Object.fromEntries(['.toml', '.json5', '.jsonc'].map((ending) => [ending, refuse])),
  ...{ '.json': text(json), '.yaml': text(yaml), '.yml': text(yaml), noExt: text(yaml) },
};

const explorer = () =>
  cosmiconfig('orz', {
    packageProp: 'orz',
    searchPlaces: places,
    searchStrategy: 'project',
    ignoreEmptySearchPlaces: false, // an empty file is a mistake worth a message
    loaders,
    cache: false,
  });

/**
 * The nearest configuration file from `cwd` up to the project's package.json; undefined if there is none. Throws
 * ORZ_CONFIG_FILE if it cannot be read or does not hold an object.
 */
export async function findConfigFile(cwd: string): Promise<ConfigFile | undefined> {
  const found = await explorer()
    .search(cwd)
    .catch((cause: unknown) => {
      throw isOrzError(cause) ? cause : unreadableConfig(`search from ${cwd}`, cause);
    });
  if (found === null) return undefined;
  requireOnly(dirname(found.filepath));
  return configFile(cwd, found);
}

/** Throws ORZ_CONFIG_FILE if a folder has a second configuration file, which would be passed over in silence. */
function requireOnly(folder: string): void {
  const names = places.filter((name) => existsSync(join(folder, name)));
  const holding = names.filter((name) => name !== 'package.json' || hasSettings(join(folder, name)));
  if (holding.length > 1) throw severalConfigs(folder, holding);
}

function hasSettings(packagePath: string): boolean {
  try {
    return Object.hasOwn(JSON.parse(new TextDecoder().decode(readFileSync(packagePath))) as object, 'orz');
  } catch {
    return false; // Not a package that anything could read.
  }
}

/**
 * The configuration file that the user named, relative to `cwd`. Throws ORZ_CONFIG_FILE if it is missing, cannot be
 * read or does not hold an object.
 */
export async function readConfigFile(cwd: string, named: string): Promise<ConfigFile> {
  const path = resolve(cwd, named);
  try {
    return configFile(cwd, (await explorer().load(path)) ?? { filepath: path, config: undefined });
  } catch (cause) {
    if (isOrzError(cause)) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw missingConfig(named);
    if ((cause as NodeJS.ErrnoException).code === 'EISDIR') throw configIsFolder(named);
    throw unreadableConfig('--config', cause, named);
  }
}

function configFile(cwd: string, { filepath, config }: { readonly filepath: string; readonly config: unknown }) {
  const label = relative(cwd, filepath) || filepath;
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw noConfiguration(label, filepath, config);
  return { label, folder: dirname(filepath), values: config as Readonly<Record<string, unknown>> };
}
