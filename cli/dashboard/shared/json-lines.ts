const lineFeed = 10;

/**
 * The objects in the complete lines of a file, and the number of bytes of those lines. What follows the last line break
 * is still being written and is left for next time. Throws SyntaxError for a complete line that is not JSON: it is
 * damaged.
 */
export function parseLines<T>(content: Uint8Array): { readonly records: T[]; readonly bytes: number } {
  const { lines, bytes } = completeLines(content);
  return { records: lines.map((line) => JSON.parse(line) as T), bytes };
}

/** The same, without lines that are no object: those are damaged, and counted. */
export function parseSoundLines<T extends object>(content: Uint8Array): SoundLines<T> {
  const { lines, bytes } = completeLines(content);
  const parsed = lines.map((line) => parsedObject<T>(line));
  const records = parsed.filter((record) => record !== undefined);
  return { records, bytes, damaged: lines.length - records.length, beginsDamaged: parsed[0] === undefined };
}

export interface SoundLines<T> {
  readonly records: T[];
  readonly bytes: number;
  /** How many lines were left out. */
  readonly damaged: number;
  /** Whether the first line was, or there is none. */
  readonly beginsDamaged: boolean;
}

function completeLines(content: Uint8Array): { readonly lines: string[]; readonly bytes: number } {
  const bytes = content.lastIndexOf(lineFeed) + 1;
  const lines = new TextDecoder().decode(content.subarray(0, bytes)).split('\n');
  return { lines: lines.filter((line) => line.trim() !== ''), bytes };
}

function parsedObject<T extends object>(line: string): T | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}
