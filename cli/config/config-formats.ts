import { dirname, extname } from 'node:path';
import { cosmiconfig, defaultLoaders } from 'cosmiconfig';
import { parseExactly } from '../../core/data/files/exact-json.js';
import { malformedConfig, throwingConfig, unsupportedConfig, utf16Config } from './errors.js';
import { importModule } from './import-module.js';

/** What a configuration file holds, whatever that is. Throws ORZ_CONFIG_FILE. */
type Reader = (path: string, content: string) => unknown;

export const readConfigText: Reader = (path, content) => {
  // The content was decoded as UTF-8, and no text in UTF-8 has this character.
  if (content.includes('\0')) throw utf16Config(path);
  const read = readers[extname(path)];
  if (read === undefined) throw unsupportedConfig(path, readableNames);
  return read(path, content.replace(/^\ufeff/, ''));
};

const json: Reader = (path, content) => {
  try {
    return JSON.parse(content);
  } catch (cause) {
    parseExactly(content, { line: 1, column: 1 }, (problem, at) => malformedConfig(path, 'JSON', problem, at));
    // It has NaN or Infinity, which the exact reader knows.
    throw malformedConfig(path, 'JSON', (cause as Error).message);
  }
};

/** What the YAML parser says about a text that it refuses; lines and columns from 0. */
interface YamlFault {
  readonly reason: string;
  readonly mark?: { readonly line: number; readonly column: number };
}

const yaml: Reader = (path, content) => {
  try {
    return defaultLoaders['.yaml'](path, content);
  } catch (cause) {
    const { reason, mark } = cause as YamlFault;
    throw malformedConfig(path, 'YAML', reason, mark && { line: mark.line + 1, column: mark.column + 1 });
  }
};

/** The default export; in CommonJS all exports are one. */
const module: Reader = async (path) => {
  const loaded: unknown = await importModule(path, dirname(path)).catch((cause: unknown) => {
    throw throwingConfig(path, cause);
  });
  const hasDefault = typeof loaded === 'object' && loaded !== null && 'default' in loaded;
  if (hasDefault) return loaded.default;
  return path.endsWith('.cts') ? loaded : undefined;
};

const readers: Readonly<Record<string, Reader>> = {
  ...Object.fromEntries(['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'].map((ending) => [ending, module])),
  ...{ '.json': json, '.yaml': yaml, '.yml': yaml, '': yaml },
};

const namesWith = (endings: readonly string[]): string[] =>
  endings.flatMap((ending) => (ending === '' ? ['.orzrc'] : [`orz.config${ending}`, `.orzrc${ending}`]));
const readableNames = namesWith(Object.keys(readers));
/** Formats in which people may expect to be understood. They are refused by name, since passing over is no answer. */
const unreadableNames = namesWith(['.toml', '.json5', '.jsonc']);

/** Names under which a configuration file may be in a folder. */
export const configNames: readonly string[] = [...readableNames, ...unreadableNames];

export const packageName = 'package.json';
/** The key of package.json that holds a configuration. */
export const packageKey = 'orz';

/** What a file holds, or the key of a package.json; `config` is undefined where there is nothing. */
export async function loadConfig(path: string): Promise<{ readonly config?: unknown }> {
  if (readers[extname(path)] === undefined) throw unsupportedConfig(path, readableNames);
  const endings = Object.keys(readers).map((ending) => [ending === '' ? 'noExt' : ending, readConfigText] as const);
  const loader = cosmiconfig(packageKey, {
    packageProp: packageKey,
    loaders: Object.fromEntries(endings),
    cache: false,
  });
  return (await loader.load(path)) ?? {};
}
