import * as z from 'zod';
import { elementAt } from '../arrays.js';
import type { FileFolder } from '../contracts/files.js';
import { contradictoryIndex, forbiddenShard, malformedIndex, missingShard, missingWeights } from './errors.js';
import { readJson } from './json-file.js';
import { maxNameLength, maxTensors, readHeader, type TensorEntry } from './safetensors.js';

export const singleFile = 'model.safetensors';
export const indexFile = 'model.safetensors.index.json';

/** A tensor and the file it is in. */
export interface StoredTensor extends TensorEntry {
  readonly file: string;
}

/** Counted before each entry is looked at. */
const isSmall = (map: unknown): boolean =>
  typeof map !== 'object' || map === null || Object.keys(map).length <= maxTensors;
const indexForm = z.object({
  weight_map: z
    .unknown()
    .refine(isSmall, `names more than ${maxTensors} weights`)
    .pipe(z.record(z.string().max(maxNameLength), z.string())),
});
/** A plain name, so that an index can never lead out of its folder. */
const shardName = /^\w[\w.-]{0,200}\.safetensors$/;

/**
 * All tensors of a folder by name, from the headers of its one file or of the shards that its index names; as
 * transformers does, a single file is preferred. Throws ORZ_DATA_MISSING without either or without a shard,
 * ORZ_CHECKPOINT when index and shards contradict each other or a file is damaged.
 */
export async function listTensors(folder: FileFolder): Promise<Map<string, StoredTensor>> {
  const size = await folder.size(singleFile);
  const tensors = new Map<string, StoredTensor>();
  const addAll = (file: string, entries: readonly TensorEntry[]): void => {
    for (const entry of entries) tensors.set(entry.name, { ...entry, file });
  };
  if (size !== undefined) {
    addAll(singleFile, await readHeader(folder, singleFile, size));
    return tensors;
  }
  const index = await readIndex(folder);
  for (const file of new Set(index.values())) addAll(file, await readShard(folder, file, index));
  for (const [name, file] of index) {
    if (tensors.get(name)?.file === file) continue;
    const problem = `names ${file} for the weight "${name}", which is not in it`;
    throw contradictoryIndex(`${folder.location}/${indexFile}`, problem);
  }
  return tensors;
}

/** The file of each tensor, as the index states it. */
async function readIndex(folder: FileFolder): Promise<Map<string, string>> {
  const path = `${folder.location}/${indexFile}`;
  if ((await folder.size(indexFile)) === undefined) throw missingWeights(folder.location, singleFile, indexFile);
  const parsed = indexForm.safeParse(await readJson(folder, indexFile));
  if (!parsed.success) {
    const { path: key, message } = elementAt(parsed.error.issues, 0);
    throw malformedIndex(path, `${key.join('.')} ${message}`);
  }
  const index = new Map(Object.entries(parsed.data.weight_map));
  for (const [name, file] of index) if (!shardName.test(file)) throw forbiddenShard(path, name, file);
  return index;
}

async function readShard(folder: FileFolder, file: string, index: ReadonlyMap<string, string>): Promise<TensorEntry[]> {
  const size = await folder.size(file);
  if (size === undefined) throw missingShard(file, folder.location);
  const entries = await readHeader(folder, file, size);
  for (const { name } of entries) {
    const stated = index.get(name);
    if (stated === file) continue;
    const problem =
      stated === undefined ? `does not name the weight "${name}"` : `names ${stated} for the weight "${name}"`;
    throw contradictoryIndex(`${folder.location}/${indexFile}`, `${problem}, but ${file} has it`);
  }
  return entries;
}
