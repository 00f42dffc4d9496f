import type { Rational } from '../numeric/rational.js';

/** What the lexer hands to the parser. `space`: white space came before. */
export type Token =
  | {
      readonly kind: 'number';
      readonly text: string;
      readonly value: Rational;
      readonly decimal: boolean;
      readonly space: boolean;
    }
  /** One variable: a Latin letter or the name of a Greek one. */
  | { readonly kind: 'letter'; readonly text: string; readonly space: boolean }
  /** Words: \text{…}, unit words, long plain words. */
  | { readonly kind: 'text'; readonly text: string; readonly space: boolean }
  | { readonly kind: 'command'; readonly text: string; readonly space: boolean }
  /** Operators, brackets, separators. */
  | { readonly kind: 'mark'; readonly text: string; readonly space: boolean };

export type TokenKind = Token['kind'];

/** Raised when a text is not an answer the grammar knows. */
export class ParseFailure extends Error {}

/** The tokens as one string, for comparing answers that the grammar cannot read. Numbers stay apart. */
export function tokensKey(tokens: readonly Token[]): string {
  return tokens
    .map((token) => (token.kind === 'text' ? token.text.toLowerCase().replace(/\s+/g, ' ').trim() : token.text))
    .join(' ');
}

/** Index of the brace that closes the one at `open`; the end of the text if none does. */
export function closingBrace(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth++;
    if (text[at] === '}' && --depth === 0) return at;
  }
  return text.length;
}
