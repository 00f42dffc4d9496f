import type { FileFolder } from '../contracts/files.js';
import type { Storage } from '../contracts/storage.js';
import { sizeOf } from '../compute/tensor/types.js';
import { openModelFolder, type ReadingOptions } from './model-folder.js';
import { saveModelFolder, type ExportOptions } from './save-model-folder.js';

/**
 * Writes a model folder again under `folder` of `storage`, in another number format or with other shards; one tensor is
 * in memory at a time. Throws as `loadModelFolder` and `saveModelFolder` do.
 */
export async function convertModelFolder(
  from: FileFolder,
  storage: Pick<Storage, 'write' | 'remove' | 'rename' | 'makeFolder'>,
  folder: string,
  { unknownKeys, warn, ...options }: ExportOptions & ReadingOptions,
): Promise<{ readonly role: 'policy' | 'critic'; readonly parameters: number }> {
  const { description, head, weights } = await openModelFolder(from, { unknownKeys, ...(warn && { warn }) });
  const role = head === 'value' ? 'critic' : 'policy';
  const model = { role, tensors: { weightShapes: weights.shapes, exportWeights: () => weights.stream() } } as const;
  await saveModelFolder(storage, folder, model, { ...description, ...options });
  return { role, parameters: weights.shapes.reduce((n, { shape }) => n + sizeOf(shape), 0) };
}
