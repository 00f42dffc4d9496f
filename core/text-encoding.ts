/**
 * Whether bytes begin as UTF-16 does, as Windows tools write it: with its byte order mark, or with an ASCII character
 * of two bytes. No text in UTF-8 that is meant for this program begins so.
 */
export function isUtf16([first, second]: Uint8Array): boolean {
  if (second === undefined) return false;
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || (first === 0) !== (second === 0);
}
