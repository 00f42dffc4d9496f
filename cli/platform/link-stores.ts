import { readdir, realpath } from 'node:fs/promises';
import { delimiter, dirname, join, parse } from 'node:path';
import { isBelow } from './paths.js';
import { noLinkStore } from './errors.js';

/** Names the stores, separated as in PATH. */
export const linkStoresVariable = 'ORZ_LINK_STORES';

/**
 * Folders that links in a folder of the user may lead into: DVC, or an archive on a file server, keeps contents in a
 * store and fills folders with links. Throws ORZ_STORAGE for one that does not exist or is the whole disk.
 */
export async function linkStores(env: Readonly<Record<string, string | undefined>>): Promise<readonly string[]> {
  const stated = (env[linkStoresVariable] ?? '').split(delimiter).filter((path) => path !== '');
  return Promise.all(
    stated.map(async (path) => {
      const real = await realpath(path).catch((cause: unknown) => {
        throw noLinkStore(path, cause);
      });
      if (parse(real).root === real) throw noLinkStore(path);
      return real;
    }),
  );
}

/**
 * The stores that the links of a folder lead into: one folder that holds all of their targets, or the folders of each
 * where only a folder that holds `root` too would. `target` is the one that was asked for.
 */
export async function storesOf(root: string, target: string): Promise<readonly string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  const links = entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => join(root, name));
  // A link to nothing leads nowhere.
  const targets = await Promise.all(links.map((link) => realpath(link).catch(() => root)));
  const folders = new Set([target, ...targets.filter((path) => path !== root && !isBelow(root, path))].map(dirname));
  const common = [...folders].reduce(commonFolder);
  return common === root || isBelow(common, root) ? [...folders].sort() : [common];
}

function commonFolder(a: string, b: string): string {
  let common = a;
  while (common !== b && !isBelow(common, b) && common !== dirname(common)) common = dirname(common);
  return common;
}
