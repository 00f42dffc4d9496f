import { functions } from './tables/functions.js';
import { allReals, introductions, numberWords, wordConstants, wordMarks } from './tables/words.js';
import { numberInWords } from './number-words.js';
import type { Token, TokenKind } from './tokens.js';
import { isBareUnit } from './units.js';

/** What the lexer offers to the reading of words. */
export interface TextContext {
  readonly text: string;
  readonly tokens: readonly Token[];
  /** Whether the text is the inside of a text group, so that its runs of letters are words. */
  readonly prose: boolean;
  push(kind: Exclude<TokenKind, 'number'>, text: string): void;
  /** Reads a piece of text in place; `prose` says that its runs of letters are words. */
  inline(content: string, prose?: boolean): void;
  /** Whether white space came directly before. */
  isSpaced(): boolean;
  isAfterNumber(): boolean;
  isUnitLetter(letter: string): boolean;
}

/** Words for money that stand in front of the amount. */
const currencyCodes = new Set(['usd', 'eur', 'gbp', 'us$', 'rs', 'rmb']);
const uprightCommands = new Set(['mathrm', 'operatorname', 'text', 'textrm']);

/** Decides what a text group holds: a separator, a number, a letter, a function, or words. */
export function readText(context: TextContext, content: string, command: string): void {
  if (content === '') return;
  const plain = content.replace(/[.:]$/, '').trim();
  const lower = plain.toLowerCase();
  const separator = /^[\s,;]*(and|or)?[\s,;]*$/.exec(lower);
  if (separator) return context.push('mark', separator[1] ?? ',');
  if (isOrdinal(lower) && context.tokens.length > 0) return context.push('text', lower);
  const meaning = readKnownText(context, plain, lower, command);
  if (meaning) return;
  const base = /^\(?\s*(?:in )?base[ -](\w+)\s*\)?$/.exec(lower)?.[1];
  if (base !== undefined) {
    context.push('mark', '_');
    return context.inline(base);
  }
  if (/^(?=.*\d)[\dA-Z]+$/.test(content)) return context.inline(content);
  // With digits among the words they matter: "9 ways", "hours and 8 minutes", "3 to 5".
  const [firstWord = ''] = lower.split(' ');
  if (/\d/.test(content) || numberWords.has(firstWord) || /^(?:and|or)\s|\s(?:and|or)$/.test(lower))
    return context.inline(content, true);
  context.push('text', content);
}

function isOrdinal(word: string): boolean {
  return /^(?:st|nd|rd|th)$/.test(word);
}

function readKnownText(context: TextContext, plain: string, ...[lower, command]: [string, string]): boolean {
  const mark = wordMarks.get(lower);
  if (mark !== undefined && mark !== '×') return pushed(context, 'mark', mark);
  if (currencyCodes.has(lower) && context.tokens.length === 0) return pushed(context, 'mark', `currency${lower}`);
  if (lower === 'negative' || lower === 'minus') return pushed(context, 'mark', '-');
  if (lower === 'base' && context.isAfterNumber()) return pushed(context, 'mark', '_');
  if (allReals.test(lower)) return pushed(context, 'letter', 'ℝR');
  const number = numberInWords(lower);
  if (number !== undefined) {
    context.inline(number);
    return true;
  }
  if (lower.length > 2 && wordConstants.has(lower))
    return pushed(context, 'command', wordConstants.get(lower) ?? lower);
  const upright = command === 'mathrm' || command === 'operatorname';
  if (
    uprightCommands.has(command) &&
    functions.has(plain) &&
    !(context.isAfterNumber() && isBareUnit(plain)) &&
    (upright || plain.length > 2)
  )
    return pushed(context, 'command', plain);
  if (/^mod$/.test(lower)) return pushed(context, 'command', 'mod');
  if (upright && /^[a-zA-Z]$/.test(plain) && !context.isUnitLetter(plain)) return pushed(context, 'letter', plain);
  if (upright && lower === 'beta') return pushed(context, 'letter', 'B');
  return introductions.test(lower) && context.tokens.length === 0;
}

function pushed(context: TextContext, kind: Exclude<TokenKind, 'number'>, text: string): true {
  context.push(kind, text);
  return true;
}
