import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { noRunsBelow } from './errors.js';

/**
 * The run below `cwd`/runs that was started last, even if it has not saved a model yet. Throws ORZ_DATA_MISSING if
 * there is none.
 */
export async function newestRun(cwd: string): Promise<string> {
  const folder = join(cwd, 'runs');
  const names = await readdir(folder).catch(() => []); // No folder: no runs.
  const started = await Promise.all(
    names.map(async (name) => ({
      path: join(folder, name),
      time: await stat(join(folder, name, 'config.json')).then(
        (status) => status.mtimeMs,
        () => undefined,
      ),
    })),
  );
  const [newest] = started
    .flatMap(({ path, time }) => (time === undefined ? [] : [{ path, time }]))
    .sort((a, b) => b.time - a.time);
  if (newest === undefined) throw noRunsBelow(folder);
  return newest.path;
}
