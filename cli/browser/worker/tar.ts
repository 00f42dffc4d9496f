import type { ArchiveFile } from '../messages.js';

const blockBytes = 512;
/** The size of the name field of the format, in bytes. */
const maxPathBytes = 100;

/**
 * Files as an uncompressed archive in the ustar format (POSIX.1-1988), which every system unpacks. `time` is
 * milliseconds since 1970. Throws RangeError for a path of more than 100 bytes.
 */
export function writeTar(files: readonly ArchiveFile[], time: number): Uint8Array<ArrayBuffer> {
  const sizeOf = ({ content }: ArchiveFile): number => blockBytes + paddedSize(content.length);
  const total = files.reduce((sum, file) => sum + sizeOf(file), 0);
  const archive = new Uint8Array(total + 2 * blockBytes); // Two empty blocks mark the end.
  let offset = 0;
  for (const file of files) {
    archive.set(header(file, time), offset);
    archive.set(file.content, offset + blockBytes);
    offset += sizeOf(file);
  }
  return archive;
}

const paddedSize = (bytes: number): number => Math.ceil(bytes / blockBytes) * blockBytes;

function header({ path, content }: ArchiveFile, time: number): Uint8Array {
  const name = new TextEncoder().encode(path);
  if (name.length > maxPathBytes) throw new RangeError(`The path is too long for an archive: ${path}`);
  const block = new Uint8Array(blockBytes);
  const text = (value: string, offset: number): void => block.set(new TextEncoder().encode(value), offset);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
  block.set(name, 0);
  text(`${octal(0o644, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`, 100); // Mode, user, group.
  text(`${octal(content.length, 11)}\0${octal(Math.floor(time / 1000), 11)}\0`, 124);
  text('        0', 148); // The checksum, blank while it is computed, and the type: a regular file.
  text('ustar\u000000', 257);
  const checksum = block.reduce((a, b) => a + b, 0);
  text(`${octal(checksum, 6)}\0 `, 148);
  return block;
}
