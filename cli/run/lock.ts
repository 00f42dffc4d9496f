import { randomBytes } from 'node:crypto';
import { open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { OrzError } from '../../core/errors.js';
import { folderError } from './folder-error.js';

/** File in a run folder that names the process which holds it. */
export const lockName = '.lock';

/** Folders held by this very process: its own number in a lock means nothing else, since numbers are used again after a restart. */
const held = new Set<string>();

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in ticks since the system did: another process with its number began later. Absent where the system does not tell. */
  readonly begun?: string;
  /** Tells this lock from every other. */
  readonly nonce: string;
}

/** Time in which another process that also found the lock of a dead one would have replaced ours. */
const raceMs = 100;

/**
 * Locks a folder for this process; returns what gives it back. The lock of a process that is gone is taken over. Throws ORZ_RUN_LOCKED if another
 * process holds it, ORZ_STORAGE if the disk refuses.
 */
export async function lockFolder(path: string): Promise<() => Promise<void>> {
  const file = join(path, lockName);
  const begun = await beginningOf(process.pid);
  const own: Holder = {
    pid: process.pid,
    host: hostname(),
    ...(begun !== undefined && { begun }),
    nonce: randomBytes(8).toString('hex'),
  };
  let takenOver = false;
  while (!(await writeLock(file, own))) {
    const holder = await readHolder(file);
    if (holder !== undefined && (await isAlive(holder, path))) throw lockedError(path, file, holder);
    await rm(file, { force: true }); // Left behind by a process that was killed.
    takenOver = true;
  }
  if (takenOver) await setTimeout(raceMs);
  const holder = takenOver ? await readHolder(file) : own;
  if (holder?.nonce !== own.nonce) throw lockedError(path, file, holder ?? own);
  held.add(path);
  return async () => {
    held.delete(path);
    await rm(file, { force: true });
  };
}

/** Whether a process that lives holds the folder: a run is at work in it. */
export async function isHeld(folder: string): Promise<boolean> {
  const path = resolve(folder);
  const holder = await readHolder(join(path, lockName));
  return holder !== undefined && isAlive(holder, path);
}

/** False if there is a lock already. */
async function writeLock(file: string, own: Holder): Promise<boolean> {
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
    throw folderError(file, cause);
  }
}

/** Undefined if the file is gone, or stays torn: its owner may be about to fill it, or was killed in that moment. */
async function readHolder(file: string): Promise<Holder | undefined> {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      return JSON.parse(await readFile(file, 'utf8')) as Holder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      await setTimeout(50);
    }
  }
  return undefined;
}

/** A process of another machine cannot be asked; it counts as alive. */
async function isAlive({ pid, host, begun }: Holder, path: string): Promise<boolean> {
  if (host !== hostname()) return true;
  if (pid === process.pid) return held.has(path);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = await beginningOf(pid);
  return begun === undefined || now === undefined || now === begun;
}

/** Field 22 of proc(5) stat; the name of the program before it may hold spaces and parentheses. Undefined where there is no such file. */
async function beginningOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function lockedError(path: string, file: string, { pid, host }: Holder): OrzError {
  return new OrzError('ORZ_RUN_LOCKED', `Another process is running in ${path}`, {
    value: `process ${pid} on ${host}`,
    origin: file,
    remedy: `Wait for it, stop it, or choose another --run-dir. If you are sure that it is gone, remove ${file}.`,
  });
}
