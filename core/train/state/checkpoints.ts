import * as z from 'zod';
import type { FileDigest, Storage } from '../../contracts/storage.js';
import {
  baseCheckpoint,
  checkpointFolder,
  finalCheckpoint,
  iterationOf,
  type CheckpointName,
} from './checkpoint-names.js';
import { damagedCheckpoint } from './errors.js';
import { runStateSchema, type RunState } from './state.js';

/** Where a checkpoint is written before it gets its name; what a crash leaves there is discarded. */
const unfinished = `${checkpointFolder}/.unfinished`;
/** Where a checkpoint is moved before it is removed, so that a crash leaves no partial one under its name. */
const removed = `${checkpointFolder}/.removed`;
const manifestFile = 'manifest.json';
const stateFile = 'state.json';

/**
 * Length and SHA-256 of every other file of a checkpoint, by path in its folder. A folder without it is not a
 * checkpoint.
 */
const manifestSchema = z.strictObject({
  format: z.literal(1),
  files: z.record(z.string(), z.strictObject({ bytes: z.int().min(0), sha256: z.string() })),
});
type Manifest = z.infer<typeof manifestSchema>;

/** A checkpoint whose every byte was verified. */
export interface SavedCheckpoint {
  readonly name: CheckpointName;
  readonly folder: string;
  readonly state: RunState;
}

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
export async function verifyCheckpoint(storage: Storage, name: CheckpointName): Promise<SavedCheckpoint> {
  const folder = `${checkpointFolder}/${name}`;
  const { files } = await readJson(storage, `${folder}/${manifestFile}`, manifestSchema);
  for (const [path, expected] of Object.entries(files)) {
    const found = await storage.digest(`${folder}/${path}`);
    if (found === undefined) throw damagedCheckpoint(`${folder}/${path}`, 'it is missing');
    if (found.bytes !== expected.bytes)
      throw damagedCheckpoint(`${folder}/${path}`, `it has ${found.bytes} bytes instead of ${expected.bytes}`);
    if (found.sha256 !== expected.sha256)
      throw damagedCheckpoint(`${folder}/${path}`, 'its content has changed since it was written');
  }
  if (files[stateFile] === undefined)
    throw damagedCheckpoint(`${folder}/${manifestFile}`, `it does not list ${stateFile}`);
  return { name, folder, state: await readJson(storage, `${folder}/${stateFile}`, runStateSchema) };
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
  await discardUnfinished(storage);
  try {
    const digests = new Map<string, FileDigest>();
    const inside = folderOf(storage, unfinished, digests);
    await content(inside);
    await inside.write(stateFile, toText(state));
    await storage.write(
      `${unfinished}/${manifestFile}`,
      toText({ format: 1, files: Object.fromEntries(digests) } satisfies Manifest),
      { lasting: false },
    );
    await storage.flush(unfinished);
    await storage.rename(unfinished, `${checkpointFolder}/${name}`);
  } catch (error) {
    // The first error says more than one from cleaning up, which the next start repeats.
    await storage.remove(unfinished).catch(() => undefined);
    throw error;
  }
}

/** What may be done to a folder while it is being filled; records the digest of every file in it. */
export type FillingStorage = Pick<Storage, 'write' | 'remove' | 'rename'>;

function folderOf(storage: Storage, folder: string, digests: Map<string, FileDigest>): FillingStorage {
  const below = (path: string): string[] =>
    [...digests.keys()].filter((key) => key === path || key.startsWith(`${path}/`));
  return {
    write: async (path, content) => {
      const digest = await storage.write(`${folder}/${path}`, content, { lasting: false });
      digests.set(path, digest);
      return digest;
    },
    remove: async (path) => {
      await storage.remove(`${folder}/${path}`);
      for (const key of below(path)) digests.delete(key);
    },
    rename: async (from, to) => {
      await storage.rename(`${folder}/${from}`, `${folder}/${to}`);
      for (const key of below(from)) {
        const digest = digests.get(key);
        if (digest) digests.set(to + key.slice(from.length), digest);
        digests.delete(key);
      }
    },
  };
}

/** How many checkpoints to keep: `latest` of the newest, and `best` with the highest evaluation reward. */
export interface Retention {
  readonly latest: number;
  readonly best: number;
}

/**
 * Removes numbered checkpoints that are neither among the latest nor among the best. Call it only after a newer one was
 * committed.
 */
export async function pruneCheckpoints(storage: Storage, { latest, best }: Retention): Promise<void> {
  const names = (await checkpointNames(storage)).filter((name) => iterationOf(name) !== undefined);
  const rewards = new Map<string, number>();
  for (const name of names) {
    const state = await readJson(storage, `${checkpointFolder}/${name}/${stateFile}`, runStateSchema).catch(
      () => undefined,
    );
    if (state?.reward !== null && state !== undefined) rewards.set(name, state.reward);
  }
  // A stable sort of newest first: of equal rewards the newer one stays.
  const ranked = [...rewards].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const kept = new Set([...names.slice(0, latest), ...ranked.slice(0, best)]);
  for (const name of names) {
    if (kept.has(name)) continue;
    await storage.rename(`${checkpointFolder}/${name}`, removed);
    await storage.remove(removed);
  }
}

/** Removes what a crash left behind while a checkpoint was being written or removed. */
export async function discardUnfinished(storage: Storage): Promise<void> {
  for (const folder of [unfinished, removed]) await storage.remove(folder);
}

const toText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

async function readJson<Z extends z.ZodType>(storage: Storage, path: string, schema: Z): Promise<z.infer<Z>> {
  const bytes = await storage.read(path);
  if (bytes === undefined) throw damagedCheckpoint(path, 'it is missing');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw damagedCheckpoint(path, 'it is not JSON');
  }
  const parsed = schema.safeParse(value);
  const [issue] = parsed.error?.issues ?? [];
  if (issue) throw damagedCheckpoint(path, `${issue.path.join('.') || 'the whole'}: ${issue.message}`);
  return parsed.data as z.infer<Z>;
}
