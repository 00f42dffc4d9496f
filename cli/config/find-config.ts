import { readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { plainSettings } from '../../core/config/plain-settings.js';
import { isOrzError } from '../../core/errors.js';
import { configNames, loadConfig, packageKey, packageName, readConfigText } from './config-formats.js';
import { configIsFolder, missingConfig, noConfiguration, severalConfigs, unreadableConfig } from './errors.js';

/** A configuration file as found. */
export interface ConfigFile {
  /** As a user would name it, relative to the current folder; shown as the origin of its values. */
  readonly label: string;
  /** Folder of the file: its paths are relative to it. */
  readonly folder: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * The nearest configuration file from `cwd` up to the project's package.json; undefined if there is none. Throws
 * ORZ_CONFIG_FILE if there are several, or if it cannot be read or does not hold an object: the search of cosmiconfig
 * would pass over what it has no right to read, and over all but the first.
 */
export async function findConfigFile(cwd: string): Promise<ConfigFile | undefined> {
  const path = locateConfigFile(cwd);
  return path === undefined ? undefined : readConfigFile(cwd, path);
}

/**
 * The name of that file, relative to `cwd`, for a message: nothing of it is executed. Undefined if there is none, or
 * several.
 */
export function nameConfigFile(cwd: string): string | undefined {
  try {
    const path = locateConfigFile(cwd);
    return path === undefined ? undefined : labelOf(cwd, path);
  } catch (error) {
    if (isOrzError(error)) return undefined;
    throw error;
  }
}

const labelOf = (cwd: string, path: string): string => relative(cwd, path) || path;

function locateConfigFile(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const names = configNames.filter((name) => isFile(join(folder, name)));
    const isProject = isFile(join(folder, packageName));
    if (isProject && hasSettings(join(folder, packageName))) names.push(packageName);
    const [name, ...others] = names;
    // A second one would be passed over in silence.
    if (others.length > 0) throw severalConfigs(folder, names);
    if (name !== undefined) return join(folder, name);
    if (isProject || dirname(folder) === folder) return undefined;
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false; // There is nothing, or a link to nothing.
  }
}

function hasSettings(packagePath: string): boolean {
  let text: string;
  try {
    text = readFileSync(packagePath, 'utf8');
  } catch (cause) {
    throw unreadableConfig(packagePath, cause);
  }
  const content = readConfigText(packagePath, text);
  return typeof content === 'object' && content !== null && Object.hasOwn(content, packageKey);
}

/**
 * The configuration file that the user named, relative to `cwd`. Throws ORZ_CONFIG_FILE if it is missing, cannot be
 * read or does not hold an object.
 */
export async function readConfigFile(cwd: string, named: string): Promise<ConfigFile> {
  const path = resolve(cwd, named);
  const label = labelOf(cwd, path);
  try {
    const values = plainSettings((await loadConfig(path)).config, label);
    if (typeof values === 'object' && values !== null && !Array.isArray(values))
      return { label, folder: dirname(path), values: values as Readonly<Record<string, unknown>> };
    throw noConfiguration(label, path, values);
  } catch (cause) {
    if (isOrzError(cause)) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw missingConfig(named);
    if ((cause as NodeJS.ErrnoException).code === 'EISDIR') throw configIsFolder(named);
    throw unreadableConfig(path, cause);
  }
}
