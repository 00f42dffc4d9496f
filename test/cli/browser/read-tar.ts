/**
 * Files of an uncompressed archive by path; throws if a checksum is wrong. Written from the description of the format,
 * independently of the writer.
 */
export function readTar(archive: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const text = (from: number, length: number): string =>
    new TextDecoder().decode(archive.subarray(from, from + length)).replace(/\0.*$/s, '');
  for (let at = 0; archive[at] !== 0;) {
    const stated = parseInt(text(at + 148, 8), 8);
    const sum = archive
      .subarray(at, at + 512)
      .reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
    if (sum !== stated) throw new Error(`checksum ${sum} instead of ${stated}`);
    const size = parseInt(text(at + 124, 12), 8);
    files.set(text(at, 100), archive.slice(at + 512, at + 512 + size));
    at += 512 * (1 + Math.ceil(size / 512));
  }
  return files;
}
