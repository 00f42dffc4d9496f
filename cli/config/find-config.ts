import { dirname, relative, resolve } from 'node:path';
import { cosmiconfig, type Loader } from 'cosmiconfig';
import { OrzError } from '../../core/errors.js';
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
 * The configuration file: the named one, or the nearest from `cwd` up to the project's package.json; undefined if nobody named one and there is none. Throws
 * ORZ_CONFIG_FILE if it is missing, cannot be read, or does not hold an object.
 */
export async function findConfigFile(cwd: string, named?: string): Promise<ConfigFile | undefined> {
  const found = await read(cwd, named);
  if (found === null) return undefined;
  const label = relative(cwd, found.filepath) || found.filepath;
  const values: unknown = found.config;
  if (typeof values === 'object' && values !== null && !Array.isArray(values)) {
    return { label, folder: dirname(found.filepath), values: values as Readonly<Record<string, unknown>> };
  }
  throw new OrzError('ORZ_CONFIG_FILE', `${label} does not hold a configuration`, {
    value: values,
    allowed: 'an object of settings',
    origin: found.filepath,
    remedy: 'In a TypeScript or JavaScript file: export default { iterations: 10 }',
  });
}

async function read(cwd: string, named: string | undefined) {
  try {
    return named === undefined ? await explorer().search(cwd) : await explorer().load(resolve(cwd, named));
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT' && named !== undefined;
    throw new OrzError(
      'ORZ_CONFIG_FILE',
      missing
        ? `There is no configuration file ${named}`
        : `The configuration file cannot be read: ${(cause as Error).message}`,
      {
        ...(named === undefined ? {} : { value: named }),
        origin: named === undefined ? `search from ${cwd}` : '--config',
        remedy: missing
          ? 'Correct the path; it is relative to the current folder.'
          : 'Mend the file; the cause below says where.',
        ...(missing ? {} : { cause }),
      },
    );
  }
}
