const lineFeed = 10;

/**
 * The objects in the complete lines of a file, and how many bytes those lines take. What follows the last line break is still
 * being written and is left for next time. A complete line that is no JSON throws SyntaxError: it is damage, not a race.
 */
export function parseLines<T>(content: Uint8Array): { readonly records: T[]; readonly bytes: number } {
  const bytes = content.lastIndexOf(lineFeed) + 1;
  const lines = new TextDecoder().decode(content.subarray(0, bytes)).split('\n');
  return { records: lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as T), bytes };
}
