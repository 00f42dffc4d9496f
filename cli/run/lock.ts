import { randomBytes } from 'node:crypto';
import { lstat, open, readFile, rm, stat, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';
import { readFileRange } from '../platform/regular-file.js';
import { cannotCreate, lockNotAFile, lostRunFolder, runLocked } from './errors.js';

/** File in a run folder that names the process that owns it. */
export const lockName = '.lock';

/**
 * Folders locked by this process. Its own number in a lock file proves nothing: process numbers are reused after a
 * restart.
 */
const lockedHere = new Set<string>();

/** Content of the lock file. */
const ownerSchema = z.object({
  pid: z.int().min(1),
  host: z.string(),
  /**
   * When the process started, in ticks since the system started: another process with its number started later. Absent
   * where the system does not tell.
   */
  begun: z.string().optional(),
  /** Number of the lock file in its file system: in a copy of the folder it is another. */
  file: z.string().optional(),
  /** Differs between any two locks. */
  nonce: z.string().optional(),
});
type LockOwner = z.infer<typeof ownerSchema>;

/** A lock as found: its owner, and when that last showed that it is alive (ms since 1970). */
interface FoundLock {
  readonly owner: LockOwner;
  readonly file: string;
  readonly seen: number;
}

/** Milliseconds in which another process that also found the lock of a dead one would have replaced ours. */
const raceMs = 100;
/** Milliseconds between two signs of life in the time of the lock file. */
const signOfLifeMs = 30_000;
/**
 * Milliseconds without a sign of life after which a process that cannot be asked counts as gone: more than one call
 * into a tensor library may block a run, see `defaultTimeouts`.
 */
export const silentMs = 20 * 60_000;

/** A folder that this process has locked. */
export interface FolderLock {
  /**
   * Throws ORZ_RUN_LOST unless the path still leads to the folder that was locked, and the lock in it is still ours: it
   * may have been moved, removed or replaced.
   */
  check(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Locks a folder for this process. The lock of a process that is gone is taken over. Throws ORZ_RUN_LOCKED if another
 * process owns it, ORZ_STORAGE if the disk refuses.
 */
export async function lockFolder(path: string): Promise<FolderLock> {
  const file = join(path, lockName);
  const begun = (await processStat(process.pid))?.begun;
  const own = {
    pid: process.pid,
    host: hostname(),
    ...(begun !== undefined && { begun }),
    nonce: randomBytes(8).toString('hex'),
  };
  let takenOver = false;
  let handle = await createLock(file, own);
  while (handle === undefined) {
    const found = await readLock(file);
    if (found !== undefined && (await isAlive(found, path))) throw runLocked(path, file, shownOwner(found));
    await rm(file, { force: true }); // Left behind by a process that was killed.
    takenOver = true;
    handle = await createLock(file, own);
  }
  if (takenOver) await setTimeout(raceMs);
  const owner = takenOver ? (await readLock(file))?.owner : own;
  if (owner?.nonce === own.nonce) return holdLock(path, file, handle);
  await handle.close();
  throw runLocked(path, file, owner ?? own);
}

/** The open file keeps its number from being given to another, so that no other lock can be taken for ours. */
async function holdLock(path: string, file: string, handle: FileHandle): Promise<FolderLock> {
  const ours = await handle.stat({ bigint: true });
  const isOurs = async (): Promise<boolean> => {
    const found = await lstat(file, { bigint: true }).catch(() => undefined);
    return found?.ino === ours.ino && found.dev === ours.dev;
  };
  const signs = setInterval(() => {
    const now = new Date();
    handle.utimes(now, now).catch(() => undefined); // A disk that refuses this will refuse the run's files too.
  }, signOfLifeMs).unref();
  lockedHere.add(path);
  return {
    check: async () => {
      if (!(await isOurs())) throw lostRunFolder(path);
    },
    release: async () => {
      clearInterval(signs);
      lockedHere.delete(path);
      try {
        if (await isOurs()) await rm(file, { force: true });
      } finally {
        await handle.close();
      }
    },
  };
}

/** Whether a living process has locked the folder: a run is in progress there. */
export async function isLocked(folder: string): Promise<boolean> {
  const path = resolve(folder);
  const found = await readLock(join(path, lockName));
  return found !== undefined && isAlive(found, path);
}

/** Undefined if there is a lock already. */
async function createLock(file: string, own: LockOwner): Promise<FileHandle | undefined> {
  try {
    const written = await open(file, 'wx');
    try {
      const { ino } = await written.stat({ bigint: true });
      await written.writeFile(JSON.stringify({ ...own, file: String(ino) }));
    } finally {
      await written.close();
    }
    return await open(file, 'r'); // Held for writing, it would keep an operator from making the disk read-only.
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cannotCreate(file, cause);
    const found = await lstat(file).catch(() => undefined);
    if (found !== undefined && !found.isFile()) throw lockNotAFile(file);
    return undefined;
  }
}

/** Undefined if the file is gone, or stays incomplete: its owner may be about to write it, or was killed meanwhile. */
async function readLock(file: string): Promise<FoundLock | undefined> {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      const content = await readFileRange(file);
      if (content === undefined) return undefined;
      const owner = ownerSchema.parse(JSON.parse(new TextDecoder().decode(content)));
      const { ino, mtimeMs } = await stat(file, { bigint: true });
      return { owner, file: String(ino), seen: Number(mtimeMs) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      await setTimeout(50);
    }
  }
  return undefined;
}

/** A process of another machine cannot be asked; it counts as alive while it gives signs of life. */
async function isAlive({ owner: { pid, host, begun, file }, ...found }: FoundLock, path: string): Promise<boolean> {
  if (host !== hostname()) return Date.now() - found.seen < silentMs;
  if (file !== undefined && file !== found.file) return false; // It runs where this folder was copied from.
  if (pid === process.pid) return lockedHere.has(path);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = await processStat(pid);
  if (now?.state === 'Z') return false; // Dead, but whatever started it takes no notice: a container without init.
  return begun === undefined || now === undefined || now.begun === begun;
}

/** The owner for a message; of another machine with the seconds since its last sign of life. */
const shownOwner = ({ owner, seen }: FoundLock) =>
  owner.host === hostname() ? owner : { ...owner, silentSeconds: Math.round((Date.now() - seen) / 1000) };

/**
 * Fields 3 and 22 of proc(5) stat; the name of the program before them may hold spaces and parentheses. Undefined where
 * there is no such file.
 */
async function processStat(pid: number): Promise<{ readonly state?: string; readonly begun?: string } | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    ...(fields[0] !== undefined && { state: fields[0] }),
    ...(fields[19] !== undefined && { begun: fields[19] }),
  };
}
