import { loadModelFolder } from '../../model-files/model-folder.js';
import { readHeader, readTensor, writeSafetensors } from '../../model-files/safetensors.js';
import { saveModelFolder } from '../../model-files/save-model-folder.js';
import { storageFolder } from '../../model-files/storage-folder.js';
import type { FileFolder } from '../../contracts/files.js';
import type { Engine } from '../../contracts/engine.js';
import type { Model, NamedTensor } from '../../contracts/model.js';
import type { BaseModel } from '../../contracts/model-source.js';
import type { Storage } from '../../contracts/storage.js';
import { baseCheckpoint } from './checkpoint-names.js';
import { checkpointModel, verifyCheckpoint, type CheckpointContent, type SavedCheckpoint } from './checkpoints.js';
import { missingOptimizerState } from './errors.js';
import type { FillingStorage } from './manifest.js';

const optimizerFile = (role: string): string => `optimizer/${role}.safetensors`;

/**
 * The policy before training in Hugging Face form. The critic's first weights and all moments follow from it and the
 * seed.
 */
export const baseContent =
  (engine: Engine, base: BaseModel): CheckpointContent =>
  (storage) =>
    saveModel(storage, engine.policy, base);

/**
 * Policy and critic in Hugging Face form, and their optimizer states. One tensor at a time leaves the device, so this
 * takes hardly any memory; the weights must not change until it is done.
 */
export const trainedContent =
  (engine: Engine, base: BaseModel): CheckpointContent =>
  async (storage) => {
    for (const model of trained(engine)) {
      await saveModel(storage, model, base);
      await storage.write(optimizerFile(model.role), writeSafetensors(model.optimizerShapes, model.exportOptimizer()));
    }
  };

const trained = ({ policy, critic }: Engine): Model[] => (critic ? [policy, critic] : [policy]);
const saveModel = (storage: FillingStorage, model: Model, base: BaseModel): Promise<void> =>
  saveModelFolder(storage, model.role, model, base);

/** The policy of a checkpoint as a base model: architecture and tokenizer for the engine. */
export const savedPolicy = (storage: Storage, checkpoint: SavedCheckpoint): Promise<BaseModel> =>
  loadRole(storage, checkpoint, 'policy');

const loadRole = (storage: Storage, checkpoint: SavedCheckpoint, role: string): Promise<BaseModel> =>
  loadModelFolder(checkpointModel(storage, checkpoint, role), role === 'critic' ? 'value' : 'language');

/** Restores the rest of a checkpoint into an engine made from its policy: versions, critic, moments, reference. */
export async function restoreEngine(engine: Engine, storage: Storage, checkpoint: SavedCheckpoint): Promise<void> {
  const {
    folder,
    state: { versions, iteration },
  } = checkpoint;
  if (iteration === 0) return; // Made from the base model, everything is as it was.
  for (const model of trained(engine)) {
    const version = model.role === 'critic' ? versions.critic : versions.policy;
    await model.importWeights((await loadRole(storage, checkpoint, model.role)).weights(), version);
    await model.importOptimizer(readTensors(storageFolder(storage, folder), optimizerFile(model.role)));
  }
  if (engine.reference) {
    const base = await verifyCheckpoint(storage, baseCheckpoint);
    await engine.reference.importWeights((await savedPolicy(storage, base)).weights());
  }
}

/** One tensor in memory at a time. */
async function* readTensors(folder: FileFolder, file: string): AsyncIterable<NamedTensor> {
  const size = await folder.size(file);
  if (size === undefined) throw missingOptimizerState(folder.location, file);
  for (const entry of await readHeader(folder, file, size))
    yield { name: entry.name, shape: entry.shape, data: await readTensor(folder, file, entry) };
}
