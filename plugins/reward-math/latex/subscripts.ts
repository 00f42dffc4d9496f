import type { Cursor } from './cursor.js';

/** The text of a subscript: what it says matters, not its value. */
export function subscriptText(cursor: Cursor): string {
  if (!cursor.accept('{')) return cursor.next().text;
  let [text, depth] = ['', 1];
  for (;;) {
    const token = cursor.next();
    if (token.kind === 'mark' && token.text === '{') depth++;
    if (token.kind === 'mark' && token.text === '}' && --depth === 0) return text;
    text += token.text;
  }
}
