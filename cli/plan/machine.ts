import { statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { dirname } from 'node:path';

/** What this machine offers to a run. */
export interface Machine {
  readonly memoryBytes: number;
  /** What other programs leave of it now, caches counted as free. */
  readonly freeMemoryBytes: number;
  /** What limits the memory, in words. */
  readonly memoryOf: string;
  readonly cores: number;
  /** Free on the disk of the run folder; undefined where the system does not tell. */
  readonly freeDiskBytes?: number;
}

/** Memory of this machine, or of the container it runs in; cores; free space where the run folder will be. */
export async function inspectMachine(runDir: string): Promise<Machine> {
  const limit = process.constrainedMemory(); // 0 or a number beyond all memory when nothing limits us
  const limited = limit > 0 && limit < totalmem();
  const memoryBytes = limited ? limit : totalmem();
  const free = await freeBytes(runDir);
  return {
    memoryBytes,
    freeMemoryBytes: Math.min(memoryBytes, freeMemory(memoryBytes)),
    memoryOf: limited ? 'memory limit of this container' : 'memory of this machine',
    cores: availableParallelism(),
    ...(free !== undefined && { freeDiskBytes: free }),
  };
}

/** macOS counts as free only what it does not even use for caches, so that all memory counts there. */
const freeMemory = (all: number): number => (process.platform === 'darwin' ? all : process.availableMemory());

/** Of the nearest folder that exists. */
async function freeBytes(path: string): Promise<number | undefined> {
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    } catch {
      if (dirname(folder) === folder) return undefined;
    }
  }
}
