import type { Storage } from '../../../core/contracts/storage.js';
import { checkpointFolder } from '../../../core/train/state/checkpoint-names.js';
import { checkpointNames } from '../../../core/train/state/checkpoints.js';
import { noModelSaved } from '../errors.js';
import type { ArchiveKind } from '../messages.js';
import { writeTar, type ArchiveFile } from './tar.js';

/** An archive as it is downloaded. */
export interface Archive {
  readonly name: string;
  readonly content: Uint8Array<ArrayBuffer>;
}

/** The folder that an archive unpacks to, by its content. */
const folders: Readonly<Record<ArchiveKind, string>> = { model: 'orz-model', run: 'orz-run' };

/**
 * The policy saved last, as a Hugging Face folder, or all files of a run. `time` is milliseconds since 1970. Throws
 * ORZ_DATA_MISSING if no model was saved yet.
 */
export async function packArchive(storage: Storage, what: ArchiveKind, time: number): Promise<Archive> {
  const prefix = what === 'model' ? `${await latestPolicy(storage)}/` : '';
  const files = await Promise.all(
    (await storage.list(prefix)).map(async (path): Promise<ArchiveFile[]> => {
      const content = await storage.read(path);
      return content === undefined ? [] : [{ path: `${folders[what]}/${path.slice(prefix.length)}`, content }];
    }),
  );
  return { name: `${folders[what]}.tar`, content: writeTar(files.flat(), time) };
}

async function latestPolicy(storage: Storage): Promise<string> {
  const [newest] = await checkpointNames(storage);
  if (newest === undefined) throw noModelSaved(checkpointFolder);
  return `${checkpointFolder}/${newest}/policy`;
}
