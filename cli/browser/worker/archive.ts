import { checkpointFolder } from '../../../core/train/state/checkpoint-names.js';
import { checkpointNames } from '../../../core/train/state/checkpoints.js';
import { noModelSaved, noRunInArchive } from '../errors.js';
import type { ArchiveFile, ArchiveKind } from '../messages.js';
import { createMemoryStorage, type MemoryStorage } from './memory-storage.js';
import { readTar } from './read-tar.js';
import { writeTar } from './tar.js';

/** The settings of a run, in its folder. */
export const runConfigFile = 'config.json';

/** The folder that an archive unpacks to, by its content. */
export const archiveFolders: Readonly<Record<ArchiveKind, string>> = { model: 'orz-model', run: 'orz-run' };

/**
 * The policy saved last, as a Hugging Face folder, or all files of a run, as a tar archive. `time` is milliseconds
 * since 1970. Throws ORZ_DATA_MISSING if no model was saved yet.
 */
export async function packArchive(
  files: readonly ArchiveFile[],
  what: ArchiveKind,
  time: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const prefix = what === 'model' ? `${await latestPolicy(files)}/` : '';
  const packed = files
    .filter(({ path }) => path.startsWith(prefix))
    .map(({ path, content }) => ({ path: `${archiveFolders[what]}/${path.slice(prefix.length)}`, content }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return writeTar(packed, time);
}

/**
 * The files of a run from an archive of its folder, which may lie below others in it. Throws ORZ_DATA_MISSING if there
 * is no run in it, ORZ_DATA_MALFORMED if it is no tar archive.
 */
export async function openRunArchive(archive: Uint8Array): Promise<MemoryStorage> {
  const files = readTar(archive);
  const roots = files.flatMap(({ path }) => /^((?:.*\/)?)config\.json$/.exec(path)?.[1] ?? []);
  // Models have a file of that name too, deeper in the folder of the run.
  const [root] = roots.toSorted((a, b) => a.length - b.length);
  if (root === undefined) throw noRunInArchive();
  return storageOf(
    files
      .filter(({ path }) => path.startsWith(root))
      .map(({ path, content }) => ({ path: path.slice(root.length), content })),
  );
}

/** Files in memory. */
export async function storageOf(files: readonly ArchiveFile[]): Promise<MemoryStorage> {
  const storage = createMemoryStorage('this page');
  for (const { path, content } of files) await storage.write(path, content);
  return storage;
}

async function latestPolicy(files: readonly ArchiveFile[]): Promise<string> {
  const [newest] = await checkpointNames(await storageOf(files));
  if (newest === undefined) throw noModelSaved(checkpointFolder);
  return `${checkpointFolder}/${newest}/policy`;
}
