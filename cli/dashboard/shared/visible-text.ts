/** A part of a text as it is shown. */
export interface TextPart {
  readonly text: string;
  /** Whether it names characters that would be invisible or would affect the text around them. */
  readonly hidden: boolean;
}

/**
 * Characters shown by name: control characters except tab and line feed, marks and overrides of writing direction, line
 * separators, characters without width, fillers, tags, and unpaired surrogates. Text of a model may contain any of
 * them.
 */
const hiddenCharacter = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\u115f\u1160\u3164\uffa0]/u;

/** A text split into what can be shown as it is and what must be named. */
export function visibleParts(text: string): TextPart[] {
  const parts: { text: string; hidden: boolean }[] = [];
  for (const character of text) {
    const hidden = hiddenCharacter.test(character);
    const last = parts.at(-1);
    const shown = hidden ? nameOf(character) : character;
    if (last?.hidden === hidden) last.text += shown;
    else parts.push({ text: shown, hidden });
  }
  return parts;
}

/** As in JSON: `\u202e`; beyond the basic plane `\u{e0041}`. */
function nameOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** One line of at most `length` characters for a table: white space is collapsed. */
export function preview(text: string, length: number): string {
  const line = text
    .slice(0, length * 4)
    .replace(/\s+/g, ' ')
    .trim();
  const characters = [...line];
  return characters.length <= length ? line : `${characters.slice(0, length - 1).join('')}…`;
}
