import type { FileFolder } from '../contracts/files.js';
import { isUtf16 } from '../text-encoding.js';
import { isInUtf16, notJson, notUtf8, tooLargeFile } from './errors.js';

/** Far more than the largest tokenizer, and what fits into one string. */
const maxBytes = 2 ** 28;

/**
 * The content of a file that is read as a whole, or undefined if there is none of this name. Throws ORZ_CHECKPOINT if
 * it is larger than any of its kind.
 */
export async function readSmallFile(folder: FileFolder, name: string): Promise<Uint8Array | undefined> {
  const size = await folder.size(name);
  if (size === undefined) return undefined;
  if (size > maxBytes) throw tooLargeFile(`${folder.location}/${name}`, size, maxBytes);
  return folder.read(name);
}

/** The text of a file, or undefined if there is none of this name. Throws ORZ_CHECKPOINT if it is not UTF-8. */
export async function readText(folder: FileFolder, name: string): Promise<string | undefined> {
  const bytes = await readSmallFile(folder, name);
  if (bytes === undefined) return undefined;
  if (isUtf16(bytes)) throw isInUtf16(`${folder.location}/${name}`);
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
