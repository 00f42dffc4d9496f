import { z } from 'zod';
import { OrzError } from '../errors.js';
import type { FileFolder } from '../contracts/files.js';
import { readJson } from './json-file.js';
import { readHeader, type TensorEntry } from './safetensors.js';

export const singleFile = 'model.safetensors';
export const indexFile = 'model.safetensors.index.json';

/** A tensor and the file it lies in. */
export interface StoredTensor extends TensorEntry {
  readonly file: string;
}

const indexForm = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * All tensors of a folder by name, from the headers of its one file or of the shards that its index names; as transformers
 * does, a single file is preferred. Throws ORZ_DATA_MISSING without either or without a shard, ORZ_CHECKPOINT when index and
 * shards contradict each other or a file is damaged.
 */
export async function listTensors(folder: FileFolder): Promise<Map<string, StoredTensor>> {
  const tensors = new Map<string, StoredTensor>();
  const size = await folder.size(singleFile);
  if (size !== undefined) {
    for (const entry of await readHeader(folder, singleFile, size))
      tensors.set(entry.name, { ...entry, file: singleFile });
    return tensors;
  }
  const promised = await readIndex(folder);
  for (const file of new Set(promised.values()))
    for (const entry of await readShard(folder, file, promised)) tensors.set(entry.name, { ...entry, file });
  for (const [name, file] of promised)
    if (tensors.get(name)?.file !== file)
      throw contradiction(folder, `promises the weight "${name}" in ${file}, which does not hold it`);
  return tensors;
}

/** Which file holds which tensor, as the index says. */
async function readIndex(folder: FileFolder): Promise<Map<string, string>> {
  const origin = `${folder.location}/${indexFile}`;
  if ((await folder.size(indexFile)) === undefined) {
    throw new OrzError('ORZ_DATA_MISSING', `there is neither ${singleFile} nor ${indexFile} in ${folder.location}`, {
      value: folder.location,
      remedy: 'give a folder with safetensors files; older formats (pytorch_model.bin) must be converted first',
    });
  }
  const parsed = indexForm.safeParse(await readJson(folder, indexFile));
  if (!parsed.success)
    throw new OrzError(
      'ORZ_CHECKPOINT',
      `${origin} is no index: ${parsed.error.issues[0]!.path.join('.')} ${parsed.error.issues[0]!.message}`,
      { origin, remedy: 'it must have a weight_map from names of weights to names of files' },
    );
  const promised = new Map(Object.entries(parsed.data.weight_map));
  for (const [name, file] of promised) {
    // A plain name, so that an index can never lead out of its folder.
    if (!/^[\w][\w.-]*\.safetensors$/.test(file))
      throw new OrzError('ORZ_CHECKPOINT', `${origin} puts the weight "${name}" into a file that it may not name`, {
        value: file,
        allowed: 'the plain name of a .safetensors file in the same folder',
        origin,
        remedy: 'use another checkpoint; this one may be malicious',
      });
  }
  return promised;
}

async function readShard(
  folder: FileFolder,
  file: string,
  promised: ReadonlyMap<string, string>,
): Promise<TensorEntry[]> {
  const size = await folder.size(file);
  if (size === undefined)
    throw new OrzError('ORZ_DATA_MISSING', `there is no ${file} in ${folder.location}, though ${indexFile} names it`, {
      value: file,
      origin: `${folder.location}/${indexFile}`,
      remedy: 'download or copy the missing file',
    });
  const entries = await readHeader(folder, file, size);
  const stray = entries.find(({ name }) => promised.get(name) !== file);
  if (stray)
    throw contradiction(
      folder,
      `${promised.has(stray.name) ? `promises the weight "${stray.name}" in ${promised.get(stray.name)}` : `does not name the weight "${stray.name}"`}, but ${file} holds it`,
    );
  return entries;
}

const contradiction = (folder: FileFolder, what: string): OrzError =>
  new OrzError('ORZ_CHECKPOINT', `${folder.location}/${indexFile} ${what}`, {
    origin: `${folder.location}/${indexFile}`,
    remedy: 'index and shards are not of one checkpoint; download or save it again',
  });
