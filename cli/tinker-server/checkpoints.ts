import * as z from 'zod';
import { loraTargets } from '../../core/compute/nn/lora.js';
import type { LocalModel } from '../../core/compute/engine/local-model.js';
import type { ModelDescription, BaseModel } from '../../core/contracts/model-source.js';
import type { NamedTensor } from '../../core/contracts/model.js';
import type { Storage } from '../../core/contracts/storage.js';
import { loadModelFolder } from '../../core/model-files/model-folder.js';
import { readHeader, readTensor, writeSafetensors } from '../../core/model-files/safetensors.js';
import { saveModelFolder } from '../../core/model-files/save-model-folder.js';
import { storageFolder } from '../../core/model-files/storage-folder.js';
import { unguessable } from '../../core/unguessable.js';
import { Refusal } from '../reward-server/refusal.js';

/** `weights` has what training goes on from, `sampler_weights` only what samples are drawn with. */
export const checkpointKinds = ['weights', 'sampler_weights'] as const;
export type CheckpointKind = (typeof checkpointKinds)[number];

const recordSchema = z.object({
  base_model: z.string(),
  role: z.enum(['policy', 'critic']),
  /** Null if all parameters were trained. */
  lora: z.object({ rank: z.int(), alpha: z.number(), targets: z.array(z.enum(loraTargets)).readonly() }).nullable(),
  time: z.string(),
  size_bytes: z.number(),
});

/** What is known of a checkpoint without reading its weights. */
export type CheckpointRecord = z.infer<typeof recordSchema>;

export interface CheckpointName {
  readonly model: string;
  readonly kind: CheckpointKind;
  readonly name: string;
}

const recordFile = 'checkpoint.json';
const optimizerFile = 'optimizer.safetensors';
const modelFolder = 'model';

export const addressOf = ({ model, kind, name }: CheckpointName): string => `tinker://${model}/${kind}/${name}`;
const folderOf = ({ model, kind, name }: CheckpointName): string => `${model}/${kind}/${name}`;

/** Throws a {@link Refusal} for anything but `tinker://MODEL/weights/NAME` or `tinker://MODEL/sampler_weights/NAME`. */
export function parseAddress(address: string): CheckpointName {
  const form = /^tinker:\/\/([a-zA-Z0-9_-]{1,255})\/(weights|sampler_weights)\/([a-zA-Z0-9_-]{1,255})$/;
  const [, model, kind, name] = form.exec(address) ?? [];
  if (model === undefined || kind === undefined || name === undefined)
    throw new Refusal(
      400,
      `${JSON.stringify(address.slice(0, 300))} is no address tinker://MODEL/weights/NAME`,
      'path',
    );
  return { model, kind: kind as CheckpointKind, name };
}

/** Checkpoints in folders below one folder: complete under their name, or not there. */
export class Checkpoints {
  constructor(
    private readonly storage: Storage,
    private readonly description: ModelDescription,
  ) {}

  exists(name: CheckpointName): Promise<boolean> {
    return this.storage.size(`${folderOf(name)}/${recordFile}`).then((size) => size !== undefined);
  }

  /** Writes a checkpoint; one of that name is replaced, and stays as it is if this fails. */
  async save(name: CheckpointName, model: LocalModel, about: Omit<CheckpointRecord, 'time' | 'size_bytes'>) {
    const folder = folderOf(name);
    const partial = unguessable(`${folder}.partial-`);
    try {
      await saveModelFolder(this.storage, `${partial}/${modelFolder}`, model, this.description);
      if (name.kind === 'weights')
        await this.storage.write(
          `${partial}/${optimizerFile}`,
          writeSafetensors(model.tensors.optimizerShapes, model.tensors.exportOptimizer()),
        );
      const record = { ...about, time: new Date().toISOString(), size_bytes: await this.bytesOf(partial) };
      await this.storage.write(`${partial}/${recordFile}`, `${JSON.stringify(record, null, 2)}\n`);
      await this.replace(partial, folder);
    } catch (error) {
      await this.storage.remove(partial).catch(() => undefined);
      throw error;
    }
  }

  /** Throws a {@link Refusal} if there is none. */
  async record(name: CheckpointName): Promise<CheckpointRecord> {
    const bytes = await this.storage.read(`${folderOf(name)}/${recordFile}`);
    if (bytes === undefined) throw new Refusal(404, `there is no checkpoint ${addressOf(name)}`, 'path');
    return recordSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  }

  /** The weights of a policy or critic, read one at a time. */
  async weights(name: CheckpointName, role: CheckpointRecord['role']): Promise<ReturnType<BaseModel['weights']>> {
    const folder = storageFolder(this.storage, `${folderOf(name)}/${modelFolder}`);
    return (await loadModelFolder(folder, role === 'critic' ? 'value' : 'language')).weights();
  }

  /** Moments and step count, read one at a time. */
  async *optimizer(name: CheckpointName): AsyncIterable<NamedTensor> {
    const folder = storageFolder(this.storage, folderOf(name));
    const size = await folder.size(optimizerFile);
    if (size === undefined) throw new Refusal(400, `${addressOf(name)} has no optimizer state`, 'path');
    for (const entry of await readHeader(folder, optimizerFile, size))
      yield { name: entry.name, shape: entry.shape, data: await readTensor(folder, optimizerFile, entry) };
  }

  /** The checkpoints of a model, or of all. */
  async list(model?: string): Promise<{ readonly name: CheckpointName; readonly record: CheckpointRecord }[]> {
    const files = await this.storage.list(model === undefined ? '' : `${model}/`);
    const names = files.flatMap((file) => {
      const [, owner = '', kind, name = ''] =
        /^([^/]+)\/(weights|sampler_weights)\/([a-zA-Z0-9_-]+)\/checkpoint\.json$/.exec(file) ?? [];
      return kind === undefined ? [] : [{ model: owner, kind: kind as CheckpointKind, name }];
    });
    return Promise.all(names.map(async (name) => ({ name, record: await this.record(name) })));
  }

  async remove(name: CheckpointName): Promise<void> {
    await this.record(name);
    const gone = unguessable(`${folderOf(name)}.partial-`);
    await this.storage.rename(folderOf(name), gone);
    await this.storage.remove(gone);
  }

  private async bytesOf(folder: string): Promise<number> {
    const files = await this.storage.list(`${folder}/`);
    const sizes = await Promise.all(files.map((file) => this.storage.size(file)));
    return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  }

  private async replace(partial: string, folder: string): Promise<void> {
    const old = unguessable(`${folder}.partial-`);
    const isThere = (await this.storage.size(`${folder}/${recordFile}`)) !== undefined;
    if (isThere) await this.storage.rename(folder, old);
    await this.storage.rename(partial, folder);
    if (isThere) await this.storage.remove(old);
  }
}
