import { randomBytes } from 'node:crypto';
import { open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { cannotCreate, runLocked } from './errors.js';

/** File in a run folder that names the process that owns it. */
export const lockName = '.lock';

/**
 * Folders locked by this process. Its own number in a lock file proves nothing: process numbers are reused after a
 * restart.
 */
const lockedHere = new Set<string>();

/** Content of the lock file. */
interface LockOwner {
  readonly pid: number;
  readonly host: string;
  /**
   * When the process started, in ticks since the system started: another process with its number started later. Absent
   * where the system does not tell.
   */
  readonly begun?: string;
  /** Differs between any two locks. */
  readonly nonce: string;
}

/** Milliseconds in which another process that also found the lock of a dead one would have replaced ours. */
const raceMs = 100;

/**
 * Locks a folder for this process; returns what unlocks it. The lock of a process that is gone is taken over. Throws
 * ORZ_RUN_LOCKED if another process owns it, ORZ_STORAGE if the disk refuses.
 */
export async function lockFolder(path: string): Promise<() => Promise<void>> {
  const file = join(path, lockName);
  const begun = await startTimeOf(process.pid);
  const own: LockOwner = {
    pid: process.pid,
    host: hostname(),
    ...(begun !== undefined && { begun }),
    nonce: randomBytes(8).toString('hex'),
  };
  let takenOver = false;
  while (!(await writeLock(file, own))) {
    const owner = await readOwner(file);
    if (owner !== undefined && (await isAlive(owner, path))) throw runLocked(path, file, owner);
    await rm(file, { force: true }); // Left behind by a process that was killed.
    takenOver = true;
  }
  if (takenOver) await setTimeout(raceMs);
  const owner = takenOver ? await readOwner(file) : own;
  if (owner?.nonce !== own.nonce) throw runLocked(path, file, owner ?? own);
  lockedHere.add(path);
  return async () => {
    lockedHere.delete(path);
    await rm(file, { force: true });
  };
}

/** Whether a living process has locked the folder: a run is in progress there. */
export async function isLocked(folder: string): Promise<boolean> {
  const path = resolve(folder);
  const owner = await readOwner(join(path, lockName));
  return owner !== undefined && isAlive(owner, path);
}

/** False if there is a lock already. */
async function writeLock(file: string, own: LockOwner): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    try {
      await handle.writeFile(JSON.stringify(own));
    } finally {
      await handle.close();
    }
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cannotCreate(file, cause);
  }
}

/** Undefined if the file is gone, or stays incomplete: its owner may be about to write it, or was killed meanwhile. */
async function readOwner(file: string): Promise<LockOwner | undefined> {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      return JSON.parse(await readFile(file, 'utf8')) as LockOwner;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      await setTimeout(50);
    }
  }
  return undefined;
}

/** A process of another machine cannot be asked; it counts as alive. */
async function isAlive({ pid, host, begun }: LockOwner, path: string): Promise<boolean> {
  if (host !== hostname()) return true;
  if (pid === process.pid) return lockedHere.has(path);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = await startTimeOf(pid);
  return begun === undefined || now === undefined || now === begun;
}

/**
 * Field 22 of proc(5) stat; the name of the program before it may hold spaces and parentheses. Undefined where there is
 * no such file.
 */
async function startTimeOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
