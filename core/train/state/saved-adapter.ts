import { loraOf } from '../../config/schema.js';
import { trainedPrefix } from '../../compute/nn/lora.js';
import type { SavableAdapter } from '../../model-files/peft-adapter.js';
import { readHeader, readTensor } from '../../model-files/safetensors.js';
import { storageFolder } from '../../model-files/storage-folder.js';
import type { SavedCheckpoint } from './checkpoints.js';
import { optimizerFile } from './engine-state.js';
import type { ReadableFiles } from './manifest.js';

/** The adapters of a model in a checkpoint; undefined if all parameters were trained, or nothing yet. */
export async function savedAdapter(
  storage: ReadableFiles,
  { folder, state }: Pick<SavedCheckpoint, 'folder' | 'state'>,
  role: 'policy' | 'critic',
): Promise<Omit<SavableAdapter, 'baseModel'> | undefined> {
  const lora = loraOf(state.config);
  const files = storageFolder(storage, folder);
  const file = optimizerFile(role);
  const size = await files.size(file);
  if (!lora || size === undefined) return undefined;
  const entries = (await readHeader(files, file, size)).filter(({ name }) => name.startsWith(trainedPrefix));
  const nameOf = (name: string): string => name.slice(trainedPrefix.length);
  return {
    role,
    lora,
    shapes: entries.map(({ name, shape }) => ({ name: nameOf(name), shape })),
    tensors: async function* () {
      for (const entry of entries)
        yield { name: nameOf(entry.name), shape: entry.shape, data: await readTensor(files, file, entry) };
    },
  };
}
