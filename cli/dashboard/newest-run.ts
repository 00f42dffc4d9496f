import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OrzError } from '../../core/errors.js';

/** The run below `cwd`/runs that was begun last, whether or not it has saved anything yet. Throws ORZ_DATA_MISSING if there is none. */
export async function newestRun(cwd: string): Promise<string> {
  const folder = join(cwd, 'runs');
  const names = await readdir(folder).catch(() => []); // No folder: no runs.
  const begun = await Promise.all(
    names.map(async (name) => ({
      path: join(folder, name),
      time: await stat(join(folder, name, 'config.json')).then(
        (status) => status.mtimeMs,
        () => undefined,
      ),
    })),
  );
  const [newest] = begun
    .flatMap(({ path, time }) => (time === undefined ? [] : [{ path, time }]))
    .sort((a, b) => b.time - a.time);
  if (newest !== undefined) return newest.path;
  throw new OrzError('ORZ_DATA_MISSING', 'There is no run below the current folder', {
    value: folder,
    origin: 'RUN_DIR',
    remedy: 'Name run folders, or train first: orz-train',
  });
}
