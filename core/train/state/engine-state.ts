import * as z from 'zod';
import { loadModelFolder } from '../../model-files/model-folder.js';
import { tensorsOf } from '../../model-files/model-tensors.js';
import { readHeader, readTensor, writeSafetensors } from '../../model-files/safetensors.js';
import { saveModelFolder } from '../../model-files/save-model-folder.js';
import { storageFolder } from '../../model-files/storage-folder.js';
import type { FileFolder } from '../../contracts/files.js';
import type { Engine, EngineStates, StateReference } from '../../contracts/engine.js';
import type { LoraSettings } from '../../compute/nn/lora.js';
import type { Model, NamedTensor } from '../../contracts/model.js';
import type { BaseModel } from '../../contracts/model-source.js';
import type { Storage } from '../../contracts/storage.js';
import { baseCheckpoint } from './checkpoint-names.js';
import { checkpointModel, verifyCheckpoint, type CheckpointContent, type SavedCheckpoint } from './checkpoints.js';
import { missingOptimizerState, savedByAnotherEngine } from './errors.js';
import { readSaved, savedText, type FillingStorage, type ReadableFiles } from './manifest.js';

/** Of a trained model in a checkpoint. */
export const optimizerFile = (role: string): string => `optimizer/${role}.safetensors`;
/** Where the engine keeps the models, if it does. */
const referenceFile = 'engine.json';
const referenceSchema = z.record(z.string(), z.string());

/**
 * The policy before training in Hugging Face form, and the critic if the base model brings one; else its first weights
 * follow from the policy and the seed, as all moments do. Nothing where the engine has the base model itself.
 */
export const baseContent =
  (engine: Engine, base: BaseModel): CheckpointContent =>
  async (storage) => {
    if (!handsOutWeights(engine)) return;
    await saveModel(storage, engine.policy, base);
    if (base.critic && engine.critic) await saveModel(storage, engine.critic, base);
  };

/** Gives the critic of a new engine the weights that the base model brings for it, if it does. */
export async function startCritic({ critic }: Engine, base: Pick<BaseModel, 'critic'>): Promise<void> {
  if (base.critic && critic) await tensorsOf(critic).importWeights(base.critic(), critic.version);
}

/**
 * Policy and critic in Hugging Face form, and their optimizer states. One tensor at a time leaves the device, so this
 * takes hardly any memory; the weights must not change until it is done.
 */
export const trainedContent =
  (engine: Engine, base: BaseModel): CheckpointContent =>
  async (storage) => {
    for (const model of trained(engine)) {
      const tensors = tensorsOf(model);
      await saveModel(storage, model, base);
      const moments = writeSafetensors(tensors.optimizerShapes, tensors.exportOptimizer());
      await storage.write(optimizerFile(model.role), moments);
    }
  };

/** The same of an engine that hands out no weights: where it keeps them, under a name that begins with `name`. */
export const keptContent =
  (engine: Engine, name: string, onKept: (reference: StateReference) => void): CheckpointContent =>
  async (storage) => {
    const reference = await statesOf(engine).save(name);
    await storage.write(referenceFile, savedText(reference));
    onKept(reference);
  };

/** Whether weights come out of the engine and so into the run folder; if not, the engine keeps them. */
export const handsOutWeights = ({ policy }: Engine): boolean => policy.tensors !== undefined;

/** Where an engine keeps what it does not hand out. Throws ORZ_CAPABILITY if it does not. */
export const statesOf = ({ policy: { role }, states }: Engine): EngineStates => states ?? tensorsOf({ role });

const trained = ({ policy, critic }: Engine): Model[] => (critic ? [policy, critic] : [policy]);

/** In files whose numbers are as wide as those of the model: nothing is lost, and nothing takes more room. */
function saveModel(storage: FillingStorage, model: Model, base: BaseModel): Promise<void> {
  const isBf16 = tensorsOf(model).weightShapes.every(({ dtype }) => dtype === 'bf16');
  return saveModelFolder(storage, model.role, model, { ...base, dtype: isBf16 ? 'bf16' : 'f32' });
}

/** The base model of a run, from its first checkpoint. */
export const savedBase = async (storage: Storage): Promise<BaseModel> =>
  savedPolicy(storage, await verifyCheckpoint(storage, baseCheckpoint));

/** The policy of a checkpoint as a base model: architecture and tokenizer for the engine. */
export const savedPolicy = (storage: Storage, checkpoint: SavedCheckpoint): Promise<BaseModel> =>
  loadRole(storage, checkpoint, 'policy');

/** Where the engine of the run keeps the models of a checkpoint; undefined if they are in the checkpoint itself. */
export const savedReference = async (
  storage: ReadableFiles,
  { folder, files }: Pick<SavedCheckpoint, 'folder' | 'files'>,
): Promise<StateReference | undefined> =>
  files[referenceFile] === undefined ? undefined : readSaved(storage, `${folder}/${referenceFile}`, referenceSchema);

const loadRole = (storage: Storage, checkpoint: SavedCheckpoint, role: string): Promise<BaseModel> =>
  loadModelFolder(checkpointModel(storage, checkpoint, role), role === 'critic' ? 'value' : 'language');

/** The critic that a base model brought, from the first checkpoint; nothing where it brought none. */
async function savedCritic(storage: Storage, checkpoint: SavedCheckpoint): Promise<Pick<BaseModel, 'critic'>> {
  if (checkpoint.files['critic/config.json'] === undefined) return {};
  const { weights } = await loadRole(storage, checkpoint, 'critic');
  return { critic: () => weights() };
}

/**
 * Restores the rest of a checkpoint into an engine made from its policy: versions, critic, moments, reference. With
 * adapters the engine was made from the base model, and what is restored are these. Before the first iteration
 * everything is as it was made, but for a critic that the base model brought.
 */
export async function restoreEngine(
  engine: Engine,
  storage: Storage,
  checkpoint: SavedCheckpoint,
  lora: LoraSettings | undefined,
): Promise<void> {
  const { folder, state } = checkpoint;
  if (state.iteration === 0) return startCritic(engine, await savedCritic(storage, checkpoint));
  const reference = await savedReference(storage, checkpoint);
  if (handsOutWeights(engine) !== (reference === undefined)) throw savedByAnotherEngine(folder, reference);
  if (reference !== undefined) return statesOf(engine).load(reference, state.versions);
  for (const model of trained(engine)) {
    const version = model.role === 'critic' ? state.versions.critic : state.versions.policy;
    const optimizer = readTensors(storageFolder(storage, folder), optimizerFile(model.role));
    const tensors = tensorsOf(model);
    if (!lora) await tensors.importWeights((await loadRole(storage, checkpoint, model.role)).weights(), version);
    await tensors.importOptimizer(optimizer, version);
  }
  if (engine.reference && !lora) await tensorsOf(engine.reference).importWeights((await savedBase(storage)).weights());
}

/** One tensor in memory at a time. */
async function* readTensors(folder: FileFolder, file: string): AsyncIterable<NamedTensor> {
  const size = await folder.size(file);
  if (size === undefined) throw missingOptimizerState(folder.location, file);
  for (const entry of await readHeader(folder, file, size))
    yield { name: entry.name, shape: entry.shape, data: await readTensor(folder, file, entry) };
}
