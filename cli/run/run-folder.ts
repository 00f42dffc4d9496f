import { existsSync } from 'node:fs';
import { mkdir, open, readFile, readdir, rm, rmdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { OrzError } from '../../core/errors.js';
import { journalFile } from '../../core/run-state/run-files.js';

/** A run folder held by this process alone. */
export interface RunFolder {
  readonly path: string;
  /** Whether a run was begun here earlier. */
  readonly holdsRun: boolean;
  /** Gives the folder back; an empty one is removed. */
  release(): Promise<void>;
}

const lockName = '.lock';

/** Folders held by this very process: its own number in a lock means nothing else, since numbers are used again after a restart. */
const held = new Set<string>();

/** Where a run goes if nobody says: `runs/<preset>-<time>` below `cwd`, local time to the second. */
export function defaultRunFolder(preset: string, time: Date, cwd: string): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return join(cwd, 'runs', `${preset}-${date}-${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`);
}

/**
 * Makes the folder and locks it for this process. Throws ORZ_RUN_LOCKED if another process holds it, ORZ_USAGE if it holds something that is no run or,
 * with `holdsRun`, if there is no run, and ORZ_STORAGE if the disk refuses. With `unique`, a folder that is taken is left alone and the next free name
 * (`-2`, `-3`, …) is used.
 */
export async function claimRunFolder(folder: string, { unique = false, holdsRun = false } = {}): Promise<RunFolder> {
  const wanted = resolve(folder);
  if (holdsRun && !existsSync(join(wanted, journalFile))) throw noRun(wanted);
  const path = unique ? await makeUnique(wanted) : await makeFolder(wanted);
  await lock(path);
  held.add(path);
  const content = (await readdir(path)).filter((name) => name !== lockName);
  const release = async () => {
    held.delete(path);
    await rm(join(path, lockName), { force: true });
    if ((await readdir(path)).length === 0) await rmdir(path);
  };
  const found = content.includes(journalFile);
  if (found || content.length === 0) return { path, holdsRun: found, release };
  await release();
  throw new OrzError('ORZ_USAGE', `The folder ${path} is not empty and holds no run to go on with`, {
    value: content.slice(0, 5), allowed: 'a new or empty folder, or that of a run', origin: '--run-dir',
    remedy: 'Choose another --run-dir, or leave it out to get a new folder below runs/.',
  });
}

function noRun(path: string): OrzError {
  return new OrzError('ORZ_DATA_MISSING', `There is no run in ${path}`, {
    value: path, allowed: 'the folder of a run', origin: '--resume', remedy: 'Runs are below runs/ unless --run-dir said otherwise.',
  });
}

/** Whether a process that lives holds the folder: a run is at work in it. */
export async function isHeld(folder: string): Promise<boolean> {
  const path = resolve(folder);
  const holder = await readHolder(join(path, lockName));
  return holder !== undefined && isAlive(holder, path);
}

async function makeFolder(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true });
    return path;
  } catch (cause) {
    throw storageError(path, cause);
  }
}

async function makeUnique(path: string): Promise<string> {
  await makeFolder(dirname(path));
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? path : `${path}-${n}`;
    try {
      await mkdir(candidate);
      return candidate;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw storageError(candidate, cause);
    }
  }
}

async function lock(path: string): Promise<void> {
  const file = join(path, lockName);
  for (;;) {
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(JSON.stringify({ pid: process.pid, host: hostname() }));
      await handle.close();
      return;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw storageError(file, cause);
    }
    const holder = await readHolder(file);
    if (holder !== undefined && isAlive(holder, path)) throw lockedError(path, file, holder);
    await rm(file, { force: true }); // Left behind by a process that was killed.
  }
}

interface Holder { readonly pid: number; readonly host: string }

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
function isAlive({ pid, host }: Holder, path: string): boolean {
  if (host !== hostname()) return true;
  if (pid === process.pid) return held.has(path);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function lockedError(path: string, file: string, { pid, host }: Holder): OrzError {
  return new OrzError('ORZ_RUN_LOCKED', `Another process is running in ${path}`, {
    value: `process ${pid} on ${host}`, origin: file,
    remedy: `Wait for it, stop it, or choose another --run-dir. If you are sure that it is gone, remove ${file}.`,
  });
}

function storageError(path: string, cause: unknown): OrzError {
  return new OrzError('ORZ_STORAGE', `Cannot make ${path}: ${(cause as Error).message}`, {
    value: (cause as NodeJS.ErrnoException).code, origin: path, cause, remedy: 'Choose a folder you may write to with --run-dir.',
  });
}
