import { OrzError } from '../errors.js';
import type { FileFolder } from '../contracts/files.js';

/** The text of a file, or undefined if there is none of this name. Throws ORZ_CHECKPOINT if it is not UTF-8. */
export async function readText(folder: FileFolder, name: string): Promise<string | undefined> {
  if ((await folder.size(name)) === undefined) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await folder.read(name));
  } catch (cause) {
    throw cause instanceof TypeError ? damaged(folder, name, 'is not UTF-8 text', cause) : cause;
  }
}

/** The parsed content of a file, or undefined if there is none of this name. Throws ORZ_CHECKPOINT if it is not JSON. */
export async function readJson(folder: FileFolder, name: string): Promise<unknown> {
  const text = await readText(folder, name);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw damaged(folder, name, 'is not JSON', cause);
  }
}

const damaged = (folder: FileFolder, name: string, what: string, cause: unknown): OrzError =>
  new OrzError('ORZ_CHECKPOINT', `${folder.location}/${name} ${what}`, {
    origin: `${folder.location}/${name}`,
    remedy: 'the file is damaged; use another checkpoint',
    cause,
  });
