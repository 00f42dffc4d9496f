import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StateReference } from '../../core/contracts/engine.js';
import type { RunConfig } from '../../core/config/schema.js';
import type { FileFolder } from '../../core/contracts/files.js';
import type { SavableAdapter } from '../../core/model-files/peft-adapter.js';
import { baseCheckpoint, checkpointFolder, type CheckpointName } from '../../core/train/state/checkpoint-names.js';
import { checkpointModel, checkpointNames, verifyCheckpoint } from '../../core/train/state/checkpoints.js';
import { savedReference } from '../../core/train/state/engine-state.js';
import { savedAdapter } from '../../core/train/state/saved-adapter.js';
import { holdFiles } from '../platform/held-files.js';
import { createFolderStorage } from '../platform/storage.js';
import { noRunIn, noSavedModel, noSavedRun, noSuchCheckpoint } from './errors.js';

const runMarker = 'config.json';

/** The newest run below `cwd`/runs that has saved a model; ORZ_DATA_MISSING if there is none. */
export async function latestRun(cwd: string): Promise<string> {
  const folder = join(cwd, 'runs');
  const names = await readdir(folder).catch(() => []); // No folder: no runs.
  const runs = await Promise.all(names.map((name) => timeOf(join(folder, name))));
  const [latest] = runs.filter((run) => run !== undefined).sort((a, b) => b.time - a.time);
  if (latest !== undefined) return latest.path;
  throw noSavedRun(folder);
}

/** When a run was begun; undefined for a folder that is no run, or in which no model was saved. */
async function timeOf(path: string): Promise<{ readonly path: string; readonly time: number } | undefined> {
  try {
    await stat(join(path, 'checkpoints'));
    return { path, time: (await stat(join(path, runMarker))).mtimeMs };
  } catch {
    return undefined;
  }
}

/** A model that a run saved. */
export interface SavedModel {
  readonly folder: FileFolder;
  /** Whether the engine of the run has the model, and the folder is empty. */
  readonly atEngine: boolean;
  /** Where the engine keeps it; absent for the base model. */
  readonly reference?: StateReference;
  /** The adapters of a model that was trained with any. */
  readonly adapter?: SavableAdapter;
  /** Of the checkpoint. */
  readonly iteration: number;
  /** Lets go of its files; call it when all has been read. */
  close(): Promise<void>;
}

/**
 * The model in a checkpoint of a run, the newest where none is named, every byte of which has been compared with its
 * manifest. Its files are held: they can be read to the end even if the run goes on and removes the checkpoint. Throws
 * ORZ_CHECKPOINT if it is damaged, ORZ_DATA_MISSING if the run saved none, or not the one named, or there is no run.
 */
export async function openSavedModel(
  runDir: string,
  role: 'policy' | 'critic',
  wanted?: CheckpointName,
): Promise<SavedModel> {
  const storage = createFolderStorage(runDir);
  const names = await checkpointNames(storage);
  const [newest] = names;
  if (newest === undefined)
    throw (await storage.size(runMarker)) === undefined ? noRunIn(runDir, '--run-dir') : noSavedModel(storage.location);
  const name = wanted ?? newest;
  if (!names.includes(name)) throw noSuchCheckpoint(name, names.toReversed(), storage.location);
  const held = holdFiles(runDir);
  try {
    const checkpoint = await verifyCheckpoint(held, name);
    const reference = await savedReference(held, checkpoint);
    const folder = checkpointModel(held, checkpoint, role);
    const atEngine = !Object.keys(checkpoint.files).some((path) => path.startsWith(`${role}/`));
    const adapter = await savedAdapter(held, checkpoint, role);
    return {
      folder,
      atEngine,
      iteration: checkpoint.state.iteration,
      close: held.close,
      ...(reference && { reference }),
      ...(adapter && { adapter: { ...adapter, baseModel: baseModelOf(checkpoint.state.config, runDir) } }),
    };
  } catch (error) {
    await held.close();
    const [now] = await checkpointNames(storage);
    if (wanted !== undefined || now === newest) throw error;
    return openSavedModel(runDir, role); // The run has replaced it meanwhile by a newer one.
  }
}

/** The path of the base model, or the copy in the run folder of one that has none. */
const baseModelOf = ({ model: { path } }: RunConfig, runDir: string): string =>
  typeof path === 'string' ? path : join(runDir, checkpointFolder, baseCheckpoint, 'policy');
