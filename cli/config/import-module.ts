import { existsSync, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createJiti, type Jiti } from 'jiti';
import { missingPlugin } from './errors.js';

const ownName = 'open-reasoner-zero';

/**
 * Imports user code: TypeScript or JavaScript, by `file:` URL, absolute path or package name, seen from `folder`.
 * Whatever it imports from 'open-reasoner-zero' is the very package that loads it, also where no node_modules holds
 * one; 'zod' is ours only if the user has none.
 */
export async function importModule(specifier: string, folder: string = process.cwd()): Promise<unknown> {
  const jiti = await loaderFor(folder);
  return jiti.import(specifier.startsWith('file:') ? fileURLToPath(specifier) : specifier);
}

/**
 * The absolute path (of a file relative to `folder`) or the file of a package that `specifier` names, so that another
 * process can import the same. Throws ORZ_PLUGIN_LOAD if there is neither.
 */
export async function resolveModule(specifier: string, folder: string, origin: string): Promise<string> {
  const found = await findModule(specifier, folder);
  if (found !== undefined) return found;
  throw missingPlugin(specifier, isPath(specifier) ? pathOf(specifier, folder) : undefined, origin);
}

/** As {@link resolveModule}; undefined if there is neither. */
export async function findModule(specifier: string, folder: string): Promise<string | undefined> {
  const path = pathOf(specifier, folder);
  if (isFile(path)) return path;
  const jiti = await loaderFor(folder);
  const wanted = isPath(specifier) ? path : specifier;
  const found = jiti.esmResolve(wanted, { parentURL: folderUrl(folder), try: true });
  const file = found?.startsWith('file:') ? fileURLToPath(found) : found;
  return file !== undefined && isFile(file) ? file : undefined;
}

/** Neither a folder nor a pipe, which would be waited for without end. */
const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile();

/** Whether a specifier can only be a path, and no package. */
export const isPath = (specifier: string): boolean => isAbsolute(specifier) || /^(\.{0,2}[\\/]|file:)/.test(specifier);

const pathOf = (specifier: string, folder: string): string =>
  specifier.startsWith('file:') ? fileURLToPath(specifier) : resolve(folder, specifier);

const loaders = new Map<string, Promise<Jiti>>();

/** One loader per folder, so that two plugins that import one file share it. */
function loaderFor(folder: string): Promise<Jiti> {
  const known = loaders.get(folder);
  if (known !== undefined) return known;
  const made = createLoader(folder);
  loaders.set(folder, made);
  return made;
}

async function createLoader(folder: string): Promise<Jiti> {
  // No cache: others could write to one in a shared temporary folder.
  const options = { interopDefault: false, fsCache: false };
  const plain = createJiti(folderUrl(folder), options);
  const shared: Record<string, unknown> = {
    [ownName]: await import('../surface.js'),
    [`${ownName}/conformance`]: await import('../../core/conformance/index.js'),
    [`${ownName}/math`]: await import('open-reasoner-zero/math'),
  };
  if (plain.esmResolve('zod', { try: true }) === undefined) shared['zod'] = await import('zod');
  return createJiti(folderUrl(folder), { ...options, virtualModules: shared });
}

/** Modules are resolved relative to a file, which need not exist. */
const folderUrl = (folder: string): string => pathToFileURL(resolve(folder, 'orz.config.js')).href;
