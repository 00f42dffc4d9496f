/** One \boxed or \fbox with its content; an unclosed box holds the rest of the text. */
export interface Box {
  readonly start: number;
  readonly end: number;
  readonly content: string;
}

/** All outermost boxes, in one pass. */
export function findBoxes(text: string): Box[] {
  const boxes: Box[] = [];
  const opening = /\\(?:boxed|fbox)\s*\{/g;
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const inside = match.index + match[0].length;
    const close = matchingBrace(text, inside);
    boxes.push({ start: match.index, end: Math.min(text.length, close + 1), content: text.slice(inside, close) });
    opening.lastIndex = Math.min(text.length, close + 1);
    if (close >= text.length) break;
  }
  return boxes;
}

/** Index of the brace that closes the group whose content starts at `from`; the text's end if none does. */
function matchingBrace(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x5c && depth > 0 && (text[at + 1] === '{' || text[at + 1] === '}')) at++;
    else if (char === 0x7b) depth++;
    else if (char === 0x7d && --depth === 0) return at;
  }
  return text.length;
}

/** The last box, with earlier ones that belong to the same answer: joined by "and", "or", a comma or nothing. */
export function lastBoxes(text: string, boxes: readonly Box[]): Box[] {
  const group: Box[] = [];
  for (const box of [...boxes].reverse()) {
    const next = group[0];
    if (next === undefined || belongTogether(text, box, next)) group.unshift(box);
    else break;
  }
  return group;
}

/**
 * Nothing but separators between two boxes, mathematics closed and opened again, names of values and one noun: ", and
 * $y = ", " papers and ".
 */
const joint = new RegExp(
  String.raw`^(?:\s+[a-z]{3,12}(?=\s*(?:,|\s(?:and|or)\s)))?` +
    String.raw`(?:\s|\$|\\[()[\]]|\\(?:quad|qquad|,|;|text\{\s*(?:and|or)\s*\})|[,;&]` +
    String.raw`|\b(?:and|or)\b|[a-z](?:_\w)?\s*=)*$`,
  'i',
);

function belongTogether(text: string, left: Box, right: Box): boolean {
  const between = text.slice(left.end, Math.min(right.start, left.end + 70));
  return right.start - left.end < 70 && joint.test(between);
}
