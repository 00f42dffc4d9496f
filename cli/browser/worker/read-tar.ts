import { archiveDamaged, archiveEntryUnknown } from '../errors.js';
import type { ArchiveFile } from '../messages.js';

const blockBytes = 512;
const regular = ['0', '\0'];
/** Folders, and what newer systems add about times and owners. */
const passedOver = ['5', 'g', 'x'];

/**
 * The files of an uncompressed ustar archive, as {@link writeTar} and the tar of every system write it, without `./`
 * at the beginning of their paths. Throws ORZ_DATA_MALFORMED for anything else: a truncated archive, a link, a path too
 * long for the format.
 */
export function readTar(archive: Uint8Array): ArchiveFile[] {
  const files: ArchiveFile[] = [];
  for (let at = 0; ;) {
    const header = archive.subarray(at, at + blockBytes);
    if (header.length < blockBytes || checksum(header) !== octal(header, 148, 8)) {
      if (header.length === blockBytes && header.every((byte) => byte === 0)) return files;
      throw archiveDamaged(at);
    }
    const bytes = octal(header, 124, 12);
    const content = archive.slice(at + blockBytes, at + blockBytes + bytes);
    if (content.length < bytes) throw archiveDamaged(at);
    const type = String.fromCharCode(header[156] ?? 0);
    const path = pathOf(header);
    if (regular.includes(type)) files.push({ path, content });
    else if (!passedOver.includes(type) || statesPath(type, content)) throw archiveEntryUnknown(path);
    at += blockBytes * (1 + Math.ceil(bytes / blockBytes));
  }
}

function pathOf(header: Uint8Array): string {
  const prefix = text(header, 257, 6) === 'ustar' ? text(header, 345, 155) : '';
  const path = prefix === '' ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`;
  return path.replace(/^(?:\.\/)+/, '');
}

/** Whether what is said about the next file includes a path that is too long for its header. */
const statesPath = (type: string, content: Uint8Array): boolean =>
  type === 'x' && /^\d+ (?:path|size)=/m.test(new TextDecoder().decode(content));

const text = (header: Uint8Array, from: number, length: number): string =>
  new TextDecoder().decode(header.subarray(from, from + length)).replace(/\0.*$/s, '');

const octal = (header: Uint8Array, from: number, length: number): number =>
  parseInt(text(header, from, length).trim() || '0', 8);

/** Of all bytes of a header, with blanks in place of the checksum itself. */
const checksum = (header: Uint8Array): number =>
  header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0);
