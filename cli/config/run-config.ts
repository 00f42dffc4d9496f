import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isOrzError } from '../../core/errors.js';
import { checkpointFolder } from '../../core/train/state/checkpoint-names.js';
import { checkpointNames, readState } from '../../core/train/state/checkpoints.js';
import { createFolderStorage } from '../platform/storage.js';
import { noRunIn } from '../run/errors.js';
import { readConfigFile, type ConfigFile } from './find-config.js';

const runConfigFile = 'config.json';

/**
 * The settings that a run has stored. Where its `config.json` is missing or damaged they are those of its newest
 * checkpoint, which is told on stderr. Throws ORZ_DATA_MISSING, naming `flag`, if the folder holds no run, and
 * ORZ_CONFIG_FILE if the file cannot be read and there is no checkpoint.
 */
export async function readRunConfig(folder: string, flag: '--resume' | '--run-dir'): Promise<ConfigFile> {
  const path = join(folder, runConfigFile);
  // A named pipe would be waited for without end.
  if ((await stat(path).catch(() => undefined))?.isFile() !== true) {
    const saved = await fromCheckpoint(folder, 'missing');
    if (saved === undefined) throw noRunIn(folder, flag, path);
    return saved;
  }
  try {
    return await readConfigFile(folder, runConfigFile);
  } catch (error) {
    const saved = isOrzError(error) ? await fromCheckpoint(folder, 'damaged') : undefined;
    if (saved === undefined) throw error;
    return saved;
  }
}

async function fromCheckpoint(folder: string, fault: string): Promise<ConfigFile | undefined> {
  const storage = createFolderStorage(folder);
  for (const name of await checkpointNames(storage)) {
    const state = await readState(storage, name);
    if (state === undefined) continue;
    const label = `${checkpointFolder}/${name}/state.json`;
    process.stderr.write(`${join(folder, runConfigFile)} is ${fault}: the settings are those in ${label}\n`);
    return { label, folder, values: { ...state.config } };
  }
  return undefined;
}
