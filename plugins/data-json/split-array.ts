/** Where the entries of a JSON array lie; `stop` is missing for an entry that the text ends inside of. */
export interface SplitArray {
  readonly parts: readonly { readonly start: number; readonly stop?: number }[];
  /** Whether the closing bracket was found. */
  readonly closed: boolean;
  /** Position of what follows the closing bracket. */
  readonly end: number;
}

/**
 * Cuts the text of a JSON array, which may be broken, at the commas between its entries. It looks at brackets and strings only, so that
 * a fault inside one entry leaves the borders of those before it right.
 */
export function splitArray(text: string): SplitArray {
  const parts: { start: number; stop?: number }[] = [];
  const skipSpace = (from: number): number => {
    const space = /\s*/y;
    space.lastIndex = from;
    return from + space.exec(text)![0].length;
  };
  let start = skipSpace(text.indexOf('[') + 1);
  if (text[start] === ']') return { parts, closed: true, end: skipSpace(start + 1) };
  for (;;) {
    const stop = endOfEntry(text, start);
    if (stop === undefined) {
      if (start < text.length) parts.push({ start });
      return { parts, closed: false, end: text.length };
    }
    parts.push({ start, stop });
    if (text[stop] === ']') return { parts, closed: true, end: skipSpace(stop + 1) };
    start = skipSpace(stop + 1);
  }
}

/** Position of the comma or closing bracket that ends the entry beginning at `start`. */
function endOfEntry(text: string, start: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let i = start; i < text.length; i++) {
    const c = text[i]!;
    if (inString) {
      if (c === '\\') i++;
      else if (c === '"') inString = false;
    } else if (c === '"') inString = true;
    else if (c === '[' || c === '{') depth++;
    else if (depth === 0 && (c === ',' || c === ']')) return i;
    else if (c === ']' || c === '}') depth--;
  }
  return undefined;
}
