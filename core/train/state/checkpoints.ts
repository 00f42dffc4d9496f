import type { FileFolder } from '../../contracts/files.js';
import type { FileDigest, Storage } from '../../contracts/storage.js';
import {
  baseCheckpoint,
  checkpointFolder,
  finalCheckpoint,
  iterationOf,
  type CheckpointName,
} from './checkpoint-names.js';
import { unguessable } from '../../unguessable.js';
import { damagedCheckpoint } from './errors.js';
import {
  fillingFolder,
  listedFolder,
  manifestFile,
  readManifest,
  readSaved,
  savedText,
  verifyFile,
  writeManifest,
  type FillingStorage,
  type ListedFiles,
  type ReadableFiles,
} from './manifest.js';
import { runStateSchema, type RunState } from './state.js';

/** Where a checkpoint is written before it gets its name; what a crash leaves there is discarded. */
const unfinished = '.unfinished-';
/** Where a checkpoint is moved before it is removed, so that a crash leaves no partial one under its name. */
const removed = '.removed-';
/** The temporary folders above, as `unguessable` names them. */
const temporaryName = /^\.(?:unfinished|removed)-[0-9a-f]{16}$/;
const stateFile = 'state.json';

/** A checkpoint whose every byte was verified. */
export interface SavedCheckpoint {
  readonly name: CheckpointName;
  readonly folder: string;
  readonly files: ListedFiles;
  readonly state: RunState;
}

/** The model of a role in a checkpoint. */
export const checkpointModel = (storage: ReadableFiles, { folder, files }: SavedCheckpoint, role: string): FileFolder =>
  listedFolder(storage, { saved: folder, name: role, files });

/** Names of the checkpoints in a run folder, newest first, whether intact or damaged. */
export async function checkpointNames(storage: Storage): Promise<CheckpointName[]> {
  const names = new Set((await storage.list(`${checkpointFolder}/`)).map((path) => path.split('/')[1] ?? ''));
  return [...names].filter((name) => !Number.isNaN(ageOf(name))).sort((a, b) => ageOf(b) - ageOf(a));
}

/** Sorts checkpoints from oldest to newest; NaN for any other name. */
function ageOf(name: CheckpointName): number {
  if (name === finalCheckpoint) return Infinity;
  return name === baseCheckpoint ? 0 : (iterationOf(name) ?? NaN);
}

/**
 * Reads and verifies every byte of a checkpoint. Throws ORZ_CHECKPOINT naming the first file that differs from its
 * manifest.
 */
export async function verifyCheckpoint(storage: ReadableFiles, name: CheckpointName): Promise<SavedCheckpoint> {
  const folder = `${checkpointFolder}/${name}`;
  const files = await readManifest(storage, folder);
  for (const [path, expected] of Object.entries(files)) await verifyFile(storage, `${folder}/${path}`, expected);
  if (files[stateFile] === undefined)
    throw damagedCheckpoint(`${folder}/${manifestFile}`, `it does not list ${stateFile}`);
  return { name, folder, files, state: await readSaved(storage, `${folder}/${stateFile}`, runStateSchema) };
}

/** Writes the files of a checkpoint through `storage`; paths are taken as relative to its folder. */
export type CheckpointContent = (storage: FillingStorage) => Promise<void>;

/**
 * Writes a checkpoint to a temporary folder, flushes it, and only then gives it its name, which must be free. If
 * anything fails, what was written is removed and all other checkpoints stay as they were.
 */
export async function commitCheckpoint(
  storage: Storage,
  name: CheckpointName,
  state: RunState,
  content: CheckpointContent,
): Promise<void> {
  const folder = unguessable(`${checkpointFolder}/${unfinished}`);
  await storage.makeFolder(folder);
  try {
    const digests = new Map<string, FileDigest>();
    const inside = fillingFolder(storage, folder, digests);
    await content(inside);
    await inside.write(stateFile, savedText(state));
    await writeManifest(storage, folder, digests);
    await storage.flush(folder);
    await storage.rename(folder, `${checkpointFolder}/${name}`);
  } catch (error) {
    // The first error says more than one from cleaning up, which the next start repeats.
    await storage.remove(folder).catch(() => undefined);
    throw error;
  }
}

/** How many checkpoints to keep: `latest` of the newest, and `best` with the highest evaluation reward. */
export interface Retention {
  readonly latest: number;
  readonly best: number;
}

/** Names of the numbered checkpoints that are neither among the latest nor among the best, newest first. */
export async function superfluousCheckpoints(storage: Storage, { latest, best }: Retention): Promise<CheckpointName[]> {
  const names = (await checkpointNames(storage)).filter((name) => iterationOf(name) !== undefined);
  const rewards = new Map<string, number>();
  for (const name of names) {
    const state = await readState(storage, name);
    if (state?.reward !== null && state !== undefined) rewards.set(name, state.reward);
  }
  // A stable sort of newest first: of equal rewards the newer one stays.
  const ranked = [...rewards].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const kept = new Set([...names.slice(0, latest), ...ranked.slice(0, best)]);
  return names.filter((name) => !kept.has(name));
}

/**
 * Removes numbered checkpoints that are neither among the latest nor among the best; `forget` removes what each of them
 * refers to elsewhere. Call it only after a newer one was committed.
 */
export async function pruneCheckpoints(
  storage: Storage,
  retention: Retention,
  forget: (checkpoint: Pick<SavedCheckpoint, 'folder' | 'files'>) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  for (const name of await superfluousCheckpoints(storage, retention)) {
    const from = `${checkpointFolder}/${name}`;
    const folder = unguessable(`${checkpointFolder}/${removed}`);
    const files = await readManifest(storage, from).catch(() => ({})); // Damaged: what it refers to is not known.
    await storage.rename(from, folder);
    await forget({ folder, files });
    await storage.remove(folder);
  }
}

/**
 * The state in a checkpoint, compared with its manifest; its other files are not looked at. Undefined if it is damaged
 * or cannot be read.
 */
export async function readState(storage: ReadableFiles, name: CheckpointName): Promise<RunState | undefined> {
  const folder = `${checkpointFolder}/${name}`;
  try {
    const expected = (await readManifest(storage, folder))[stateFile];
    if (expected === undefined) return undefined;
    await verifyFile(storage, `${folder}/${stateFile}`, expected);
    return await readSaved(storage, `${folder}/${stateFile}`, runStateSchema);
  } catch {
    return undefined;
  }
}

/** Removes what a crash left behind while a checkpoint was being written or removed; the run must be locked. */
export async function discardUnfinished(storage: Storage): Promise<void> {
  const names = (await storage.list(`${checkpointFolder}/.`)).map((path) => path.split('/')[1] ?? '');
  for (const name of new Set(names)) if (temporaryName.test(name)) await storage.remove(`${checkpointFolder}/${name}`);
}
