import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FileFolder } from '../../core/contracts/files.js';
import { manifestFile, verifiedFolder } from '../../core/train/state/manifest.js';
import { createDiskFolder } from './disk-folder.js';
import { linkStores } from './link-stores.js';
import { readFileRange } from './regular-file.js';
import { createFolderStorage } from './storage.js';

/**
 * A folder of the user by its path; undefined if there is none. A model that a run saved, such as
 * `RUN_DIR/checkpoints/final/policy`, is compared with its manifest as it is read: ORZ_CHECKPOINT if it is damaged. Of
 * other folders, links into the stores that ORZ_LINK_STORES names are followed.
 */
export async function openUserFolder(path: string): Promise<FileFolder | undefined> {
  if ((await stat(path).catch(() => undefined))?.isDirectory() !== true) return undefined;
  const real = await realpath(path);
  const saved = dirname(real);
  if (!(await isSavedByRun(saved, basename(real)))) return createDiskFolder(path, await linkStores(process.env));
  return verifiedFolder(createFolderStorage(dirname(saved)), basename(saved), basename(real));
}

/**
 * Whether a folder is of a checkpoint, also of one that lost its manifest; other programs have manifests and folders of
 * these names too.
 */
async function isSavedByRun(saved: string, role: string): Promise<boolean> {
  if (role !== 'policy' && role !== 'critic') return false;
  const texts = await Promise.all(
    [manifestFile, 'state.json'].map(async (name) => {
      const content = await readFileRange(join(saved, name)).catch(() => undefined);
      return new TextDecoder().decode(content);
    }),
  );
  return texts[0]?.includes('"sha256"') === true || texts[1]?.includes('"rewardPool"') === true;
}
