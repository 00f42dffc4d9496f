import { baseCheckpoint, checkpointOf, type CheckpointName } from '../../core/train/state/checkpoint-names.js';
import { checkpointNames, readState } from '../../core/train/state/checkpoints.js';
import { createFolderStorage } from '../platform/storage.js';
import { badValue } from './errors.js';

/**
 * The checkpoints that `--checkpoint` means, oldest first: `all`, the name of one, or an iteration. Undefined stands
 * for the newest. A name that the run does not have is refused when it is opened.
 */
export async function chosenCheckpoints(
  runDir: string,
  wanted: string | undefined,
): Promise<readonly (CheckpointName | undefined)[]> {
  if (wanted === undefined) return [undefined];
  const storage = createFolderStorage(runDir);
  const names = (await checkpointNames(storage)).toReversed();
  if (wanted === 'all') return names.length === 0 ? [undefined] : names;
  if (names.includes(wanted)) return [wanted];
  if (!/^\d{1,9}$/.test(wanted))
    throw badValue('--checkpoint', wanted, `an iteration, all, or one of ${names.join(', ')}`, '50');
  const iteration = Number(wanted);
  if (iteration === 0) return [baseCheckpoint];
  for (const name of names) if ((await readState(storage, name))?.iteration === iteration) return [name];
  return [checkpointOf(iteration)];
}
