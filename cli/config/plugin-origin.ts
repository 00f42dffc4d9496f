import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Plugin } from '../../core/plugin/define.js';
import { packageRoot } from '../setup/project.mjs';

/** Where a plugin comes from, for listings. */
export interface PluginOrigin {
  /** `built-in`, `package@version`, or a path relative to the current folder. */
  readonly origin: string;
  /** What the plugin says itself, else the version of its package; undefined for a file that says none. */
  readonly version?: string;
}

interface PackageFile {
  readonly name: string;
  readonly version: string;
}

/** Of a plugin loaded from `path`, or of a built-in one if there is none. */
export function originOfPlugin(plugin: Plugin, path: string | undefined, cwd: string): PluginOrigin {
  const own = path === undefined ? readPackage(packageRoot) : packageOf(path);
  const version = plugin.version ?? own?.version;
  return { origin: describeOrigin(path, own, cwd), ...(version !== undefined && { version }) };
}

function describeOrigin(path: string | undefined, own: PackageFile | undefined, cwd: string): string {
  if (path === undefined) return 'built-in';
  if (own) return `${own.name}@${own.version}`;
  return relative(cwd, path) || path;
}

/** The installed package that holds a file: the last `node_modules` in its path says where it begins. */
function packageOf(path: string): PackageFile | undefined {
  if (!/[\\/]node_modules[\\/]/.test(path)) return undefined;
  for (let folder = dirname(path); !/[\\/]node_modules$/.test(folder); folder = dirname(folder)) {
    const found = readPackage(folder);
    if (found) return found;
  }
  return undefined;
}

/** Undefined where there is none, or one without name and version (as some packages put into subfolders). */
function readPackage(folder: string): PackageFile | undefined {
  try {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Partial<PackageFile>;
    return name === undefined || version === undefined ? undefined : { name, version };
  } catch {
    return undefined;
  }
}
