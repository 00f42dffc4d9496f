import type { FileFolder } from '../contracts/files.js';
import { notJson, notUtf8 } from './errors.js';

/** The text of a file, or undefined if there is none of this name. Throws ORZ_CHECKPOINT if it is not UTF-8. */
export async function readText(folder: FileFolder, name: string): Promise<string | undefined> {
  if ((await folder.size(name)) === undefined) return undefined;
  const bytes = await folder.read(name);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw notUtf8(`${folder.location}/${name}`, cause);
  }
}

/**
 * The parsed content of a file, or undefined if there is none of this name. Throws ORZ_CHECKPOINT if it is not JSON.
 */
export async function readJson(folder: FileFolder, name: string): Promise<unknown> {
  const text = await readText(folder, name);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw notJson(`${folder.location}/${name}`, cause);
  }
}
