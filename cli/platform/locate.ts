import { lstat, mkdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { diskFailure, linkOutOfFolder, outsideRunFolder } from './errors.js';

/**
 * The path of a file below `root`. Throws ORZ_STORAGE if it leaves the folder: by its text, or through a link in it,
 * with which the folder of somebody else could have us change any file. For `name` the last part may be such a link:
 * the file system then replaces the link itself.
 */
export async function locate(root: string, path: string, follow: 'content' | 'name'): Promise<string> {
  const file = resolve(root, path);
  const inside = relative(root, file);
  if (isAbsolute(path) || inside === '' || !isInside(inside)) throw outsideRunFolder(root, path);
  const parts = inside.split(sep);
  for (let n = 1; n <= parts.length - (follow === 'name' ? 1 : 0); n++) {
    const part = join(root, ...parts.slice(0, n));
    const found = await lstat(part).catch(missing(part));
    if (found === undefined) break;
    // What is appended to a device such as /dev/null changes no file of anybody's.
    if (!found.isSymbolicLink() || (await stat(part).catch(missing(part)))?.isCharacterDevice() === true) continue;
    const target = await realpath(part).catch(missing(part));
    if (target === undefined || !isInside(relative(await realpath(root), target))) throw linkOutOfFolder(root, part);
  }
  return file;
}

/** Creates the folders from `root` down to `folder`; `root` itself only if `withRoot`. */
export async function makeFolders(root: string, folder: string, withRoot: boolean): Promise<void> {
  if (withRoot) await mkdir(root, { recursive: true });
  const parts = relative(root, folder).split(sep).filter(Boolean);
  for (let n = 1; n <= parts.length; n++)
    await mkdir(join(root, ...parts.slice(0, n))).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
}

const isInside = (path: string): boolean => path.split(sep)[0] !== '..' && !isAbsolute(path);

/** What is missing, or below a file, is no link; what cannot be looked at is an error. */
const missing =
  (path: string) =>
  (error: unknown): undefined => {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw diskFailure('read', path, error as NodeJS.ErrnoException);
  };
