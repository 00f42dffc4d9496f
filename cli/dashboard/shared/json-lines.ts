const lineFeed = 10;

/**
 * The objects in the complete lines of a file, and the number of bytes of those lines. What follows the last line break
 * is still being written and is left for next time. Throws SyntaxError for a complete line that is not JSON: it is
 * damaged.
 */
export function parseLines<T>(content: Uint8Array): { readonly records: T[]; readonly bytes: number } {
  const bytes = content.lastIndexOf(lineFeed) + 1;
  const lines = new TextDecoder().decode(content.subarray(0, bytes)).split('\n');
  return { records: lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as T), bytes };
}
