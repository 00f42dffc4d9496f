/** One file of an archive; its path is relative with `/`. */
export interface ArchiveFile {
  readonly path: string;
  readonly content: Uint8Array;
}

const blockBytes = 512;
/** Longest path that fits the name field of the format. */
const longestPath = 100;

/** Files as an uncompressed archive in the ustar format (POSIX.1-1988), which every system unpacks. `time` is milliseconds since 1970. */
export function writeTar(files: readonly ArchiveFile[], time: number): Uint8Array<ArrayBuffer> {
  const sizes = files.map(({ content }) => blockBytes + padded(content.length));
  const archive = new Uint8Array(sizes.reduce((a, b) => a + b, 2 * blockBytes)); // Two empty blocks end it.
  let at = 0;
  for (const [i, file] of files.entries()) {
    archive.set(header(file, time), at);
    archive.set(file.content, at + blockBytes);
    at += sizes[i]!;
  }
  return archive;
}

const padded = (bytes: number): number => Math.ceil(bytes / blockBytes) * blockBytes;

function header({ path, content }: ArchiveFile, time: number): Uint8Array {
  const name = new TextEncoder().encode(path);
  if (name.length > longestPath) throw new RangeError(`the path is too long for an archive: ${path}`);
  const block = new Uint8Array(blockBytes);
  const text = (value: string, at: number): void => block.set(new TextEncoder().encode(value), at);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
  block.set(name, 0);
  text(`${octal(0o644, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`, 100); // Mode, user, group.
  text(`${octal(content.length, 11)}\0${octal(Math.floor(time / 1000), 11)}\0`, 124);
  text('        0', 148); // The checksum counts as blanks while it is computed; a plain file.
  text('ustar\u000000', 257);
  text(
    `${octal(
      block.reduce((a, b) => a + b, 0),
      6,
    )}\0 `,
    148,
  );
  return block;
}
