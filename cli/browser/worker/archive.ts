import type { Storage } from '../../../core/contracts/storage.js';
import { OrzError } from '../../../core/errors.js';
import { checkpointFolder } from '../../../core/train/state/checkpoint-names.js';
import { checkpointNames } from '../../../core/train/state/checkpoints.js';
import type { ArchiveKind } from '../messages.js';
import { writeTar } from './tar.js';

/** An archive as it is downloaded. */
export interface Archive {
  readonly name: string;
  readonly content: Uint8Array<ArrayBuffer>;
}

/** Folder that an archive unpacks to, by what it holds. */
const folders: Readonly<Record<ArchiveKind, string>> = { model: 'orz-model', run: 'orz-run' };

/** The policy saved last, as a Hugging Face folder, or all files of a run. Throws ORZ_DATA_MISSING if no model was saved yet. */
export async function packArchive(storage: Storage, what: ArchiveKind, time: number): Promise<Archive> {
  const prefix = what === 'model' ? `${await latestPolicy(storage)}/` : '';
  const paths = await storage.list(prefix);
  const files = await Promise.all(
    paths.map(async (path) => ({
      path: `${folders[what]}/${path.slice(prefix.length)}`,
      content: (await storage.read(path))!,
    })),
  );
  return { name: `${folders[what]}.tar`, content: writeTar(files, time) };
}

async function latestPolicy(storage: Storage): Promise<string> {
  const [newest] = await checkpointNames(storage);
  if (newest !== undefined) return `${checkpointFolder}/${newest}/policy`;
  throw new OrzError('ORZ_DATA_MISSING', 'This run has saved no model yet', {
    origin: checkpointFolder,
    remedy: 'The base model is saved once it is trained; wait for it.',
  });
}
