import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * What has arrived of a file so far, beside its final name. While a process writes it, the name says which process
 * (`.HOST-PID-…`); when it gives up, the file becomes free for any process to continue. Claiming is a rename, which
 * only one process wins, so two never append to one file. The Python client's own `.incomplete` files are left alone.
 */
export interface PartialFile {
  readonly path: string;
  /** Leaves what has arrived to whoever tries next. */
  release(): Promise<void>;
}

const ending = '.orz-partial';
/** Far longer than any idle time or retry delay of a download that is still in progress. */
const abandonedMs = 15 * 60_000;

/** A partial file for `target` that belongs to this process alone: one that was left behind, or a new name. */
export async function claimPartial(target: string): Promise<PartialFile> {
  const folder = dirname(target);
  await mkdir(folder, { recursive: true });
  const path = `${target}.${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}${ending}`;
  const free = `${target}${ending}`;
  const names = await readdir(folder);
  let claimed = false;
  for (const name of names.filter((each) => each.startsWith(`${basename(target)}.`) && each.endsWith(ending))) {
    const candidate = join(folder, name);
    if (candidate !== free && !(await isAbandoned(candidate))) continue;
    // Further leftovers of the same file would stay for ever.
    if (claimed) await rm(candidate, { force: true });
    else
      claimed = await rename(candidate, path).then(
        () => true,
        () => false,
      );
  }
  return {
    path,
    release: async () => {
      // No file: it has its final name already, or was never begun.
      const bytes = (await stat(path).catch(() => undefined))?.size ?? 0;
      await (bytes > 0 ? rename(path, free) : rm(path, { force: true }));
    },
  };
}

/** Its process is gone, or nothing has been written for long (process numbers are reused). */
async function isAbandoned(path: string): Promise<boolean> {
  const [, host, pid] = /\.([^/\\]+)-(\d+)-[0-9a-f]{8}\.orz-partial$/.exec(path) ?? [];
  if (host === hostname() && pid !== undefined && !isAlive(Number(pid))) return true;
  const status = await stat(path).catch(() => undefined);
  // No file: another process took it.
  return status !== undefined && Date.now() - status.mtimeMs > abandonedMs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
