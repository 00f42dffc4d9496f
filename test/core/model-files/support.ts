import type { FileFolder } from '../../../core/contracts/files.js';
import type { NamedTensor } from '../../../core/contracts/model.js';
import { OrzError } from '../../../core/errors.js';
import { readHeader, readTensor } from '../../../core/model-files/safetensors.js';

/** How much was asked for at once, so that a test can see that files are not read whole. */
export interface MemoryFolder extends FileFolder {
  readonly reads: { name: string; bytes: number }[];
}

/** Files in memory as a folder. Each read gives bytes at an odd place of a larger buffer, as a file system may. */
export function memoryFolder(
  files: ReadonlyMap<string, Uint8Array> | Readonly<Record<string, Uint8Array>>,
  location = 'the folder',
): MemoryFolder {
  const get = (name: string): Uint8Array | undefined =>
    files instanceof Map ? files.get(name) : (files as Record<string, Uint8Array>)[name];
  const reads: MemoryFolder['reads'] = [];
  return {
    location,
    reads,
    size: async (name) => get(name)?.length,
    read: async (name, from, to) => {
      const content = get(name);
      if (!content) throw new OrzError('ORZ_DATA_MISSING', `no ${name}`);
      const part = content.subarray(from, to),
        shifted = new Uint8Array(part.length + 1);
      shifted.set(part, 1);
      reads.push({ name, bytes: part.length });
      return shifted.subarray(1);
    },
  };
}

/** All tensors of one file, in the order of its header. */
export async function readAll(bytes: Uint8Array, name = 'x.safetensors'): Promise<NamedTensor[]> {
  const folder = memoryFolder({ [name]: bytes }),
    tensors: NamedTensor[] = [];
  for (const entry of await readHeader(folder, name, bytes.length))
    tensors.push({ name: entry.name, shape: entry.shape, data: await readTensor(folder, name, entry) });
  return tensors;
}

export const textBytes = (text: string): Uint8Array => new TextEncoder().encode(text);
