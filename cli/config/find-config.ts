import { dirname, relative, resolve } from 'node:path';
import { cosmiconfig, type Loader } from 'cosmiconfig';
import { isOrzError } from '../../core/errors.js';
import { missingConfig, noConfiguration, unreadableConfig } from './errors.js';
import { importModule } from './import-module.js';

/** A configuration file as found. */
export interface ConfigFile {
  /** As a user would name it, relative to the current folder; shown as the origin of its values. */
  readonly label: string;
  /** Folder of the file: its paths are relative to it. */
  readonly folder: string;
  readonly values: Readonly<Record<string, unknown>>;
}

const module: Loader = async (path) => {
  const loaded = (await importModule(path, dirname(path))) as { default?: unknown };
  return loaded.default;
};

const explorer = () =>
  cosmiconfig('orz', {
    packageProp: 'orz',
    searchPlaces: [
      'orz.config.ts',
      'orz.config.mts',
      'orz.config.js',
      'orz.config.mjs',
      'orz.config.json',
      'orz.config.yaml',
      'package.json',
    ],
    searchStrategy: 'project',
    ignoreEmptySearchPlaces: false, // an empty file is a mistake worth a message
    loaders: { '.ts': module, '.mts': module, '.js': module, '.mjs': module },
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
      throw unreadableConfig(`search from ${cwd}`, cause);
    });
  return found === null ? undefined : configFile(cwd, found);
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
    throw unreadableConfig('--config', cause, named);
  }
}

function configFile(cwd: string, { filepath, config }: { readonly filepath: string; readonly config: unknown }) {
  const label = relative(cwd, filepath) || filepath;
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw noConfiguration(label, filepath, config);
  return { label, folder: dirname(filepath), values: config as Readonly<Record<string, unknown>> };
}
