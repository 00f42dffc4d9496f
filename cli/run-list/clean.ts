import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointFolder, finalCheckpoint } from '../../core/train/state/checkpoint-names.js';
import {
  checkpointNames,
  discardUnfinished,
  pruneCheckpoints,
  superfluousCheckpoints,
  verifyCheckpoint,
} from '../../core/train/state/checkpoints.js';
import type { Storage } from '../../core/contracts/storage.js';
import { createFolderStorage } from '../platform/storage.js';
import { isLocked, lockFolder } from '../run/lock.js';
import { noRunOfThatName } from './errors.js';
import { diskUse, findRuns, type FoundRun } from './find.js';

/** What is, or would be, removed of one run. */
export interface Removal {
  readonly run: string;
  /** `all` for the whole run, else names of checkpoints. */
  readonly removed: 'all' | readonly string[];
  readonly bytes: number;
  /** Why nothing of it is removed. */
  readonly kept?: string;
}

/**
 * Removes the named runs, or without names superfluous checkpoints of all: the newest stays, from which a run resumes
 * and which is the final one of a finished run, and so do the best and the one before training. `isReal` is false for a
 * rehearsal. Runs in progress and folders without a run are left alone. Throws ORZ_DATA_MISSING, before anything is
 * removed, if a name is none of a run.
 */
export async function cleanRuns(folder: string, names: readonly string[], isReal: boolean): Promise<Removal[]> {
  const runs = await findRuns(folder);
  const clean = names.length > 0 ? removeRun : thinRun;
  const chosen = names.length > 0 ? [...new Set(names)].map((name) => runNamed(name, runs, folder)) : runs;
  const removals: Removal[] = [];
  for (const run of chosen) removals.push(await clean(run, isReal));
  return removals;
}

function runNamed(name: string, runs: readonly FoundRun[], folder: string): FoundRun {
  const run = runs.find((each) => each.name === name);
  if (run === undefined)
    throw noRunOfThatName(
      name,
      folder,
      runs.map((each) => each.name),
    );
  return run;
}

const untouched = (run: FoundRun, kept: string): Removal => ({ run: run.name, removed: [], bytes: 0, kept });

async function removeRun(run: FoundRun, isReal: boolean): Promise<Removal> {
  if (await isLocked(run.folder)) return untouched(run, 'it is running');
  const bytes = await diskUse(run.folder);
  if (isReal) {
    const lock = await lockFolder(run.folder);
    try {
      await rm(run.folder, { recursive: true });
    } finally {
      await lock.release();
    }
  }
  return { run: run.name, removed: 'all', bytes };
}

async function thinRun(run: FoundRun, isReal: boolean): Promise<Removal> {
  if (await isLocked(run.folder)) return untouched(run, 'it is running');
  if (!isReal) return thinned(run, createFolderStorage(run.folder), false);
  const lock = await lockFolder(run.folder);
  try {
    return await thinned(run, createFolderStorage(run.folder, { guard: lock.check }), true);
  } finally {
    await lock.release();
  }
}

async function thinned(run: FoundRun, storage: Storage, isReal: boolean): Promise<Removal> {
  const [newest] = await checkpointNames(storage);
  const retention = { latest: newest === finalCheckpoint ? 0 : 1, best: 1 };
  const removed = await superfluousCheckpoints(storage, retention);
  if (removed.length === 0 || newest === undefined) return { run: run.name, removed: [], bytes: 0 };
  // Older ones are what is left of a run whose newest checkpoint is damaged.
  const isSound = await verifyCheckpoint(storage, newest).then(
    () => true,
    () => false,
  );
  if (!isSound) return untouched(run, `its checkpoint ${newest} is damaged, and older ones may be needed`);
  let bytes = 0;
  for (const name of removed) bytes += await diskUse(join(run.folder, checkpointFolder, name));
  if (isReal) {
    await pruneCheckpoints(storage, retention);
    await discardUnfinished(storage);
  }
  return { run: run.name, removed, bytes };
}
