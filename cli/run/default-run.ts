import { relative } from 'node:path';

/**
 * The run folder that the user named, or else the one that `find` returns for the current folder, which is then told on
 * stderr.
 */
export async function namedOrNewest(
  named: string | undefined,
  find: (cwd: string) => Promise<string>,
): Promise<string> {
  if (named !== undefined) return named;
  const found = await find(process.cwd());
  process.stderr.write(`Using the newest run: ${relative(process.cwd(), found)}\n`);
  return found;
}
