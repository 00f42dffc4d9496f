import { greek } from './tables/letters.js';
import { functions, wordFunctions } from './tables/functions.js';
import { numberWords, wordConstants, wordMarks } from './tables/words.js';
import type { TextContext } from './text-groups.js';
import { numberInWords } from './number-words.js';
import { isBareUnit } from './units.js';

/** Phrases that announce an answer or stand for a set, where nothing came before. */
const announcement = new RegExp(
  String.raw`(?:(?:so|thus|hence|therefore|then),? +)?` +
    String.raw`(?:(?:(?:the|my|our) +)?(?:(?:final|correct|required|only) +)?` +
    String.raw`(?:answer|solution|result|value|number)s?(?: +(?:is|are|equals?)\b *:?| *[:=])` +
    String.raw`|there +(?:is|are)(?: +(?:exactly|only))?\b` +
    String.raw`|answer *:|approximately\b) *`,
  'iy',
);
const allReals = /(?:all|any|every) +real(?: +numbers?|s)?\b/iy;
const numberPhrase = new RegExp(
  String.raw`(?:(?:negative|minus) )?(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)[- ]` +
    String.raw`(?:one|two|three|four|five|six|seven|eight|nine)|[a-z]{3,9} (?:half|halves|(?:third|quarter|fourth` +
    String.raw`|fifth|sixth|seventh|eighth|ninth|tenth)s?)|negative [a-z]{3,9})\b`,
  'iy',
);
const baseWord = /base(?= *\d)/iy;
const letters = /[a-zA-Z]+/y;
const unitWords = /[a-zA-Z]+(?:(?: |\/)[a-zA-Z]+)*/y;

/** Reads the word at a position of the text; the number of characters taken. */
export function readWord(context: TextContext, at: number): number {
  const phrase = context.tokens.length === 0 ? matchAt(announcement, context.text, at) : '';
  if (phrase !== '') return phrase.length;
  const reals = matchAt(allReals, context.text, at);
  if (reals !== '') return taken(context, reals, 'letter', 'ℝR');
  const numeral = matchAt(numberPhrase, context.text, at);
  const number = numeral === '' ? undefined : numberInWords(numeral);
  if (number !== undefined && context.tokens.at(-1)?.kind !== 'letter') {
    context.inline(number);
    return numeral.length;
  }
  const base = matchAt(baseWord, context.text, at);
  if (base !== '' && context.isAfterNumber()) return taken(context, base, 'mark', '_');
  const run = matchAt(letters, context.text, at);
  if (run.length === 1 && !context.prose) return product(context, run);
  const glued = /^(and|or)[A-Z]$/.exec(run)?.[1];
  return plainWord(context, glued !== undefined && context.tokens.length > 0 ? glued : run, at);
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

function taken(
  context: TextContext,
  written: string,
  ...[kind, text]: ['mark' | 'letter' | 'command' | 'text', string]
): number {
  context.push(kind, text);
  return written.length;
}

function plainWord(context: TextContext, word: string, at: number): number {
  const lower = word.toLowerCase();
  const mark = wordMarks.get(lower);
  const begun = context.tokens.length > 0;
  if (mark !== undefined && (begun || mark === 'and' || mark === 'or')) return taken(context, word, 'mark', mark);
  const constant = wordConstants.get(word) ?? wordConstants.get(lower);
  if (constant !== undefined && (word.length > 2 || wordConstants.has(word)))
    return taken(context, word, 'command', constant);
  if (greek.has(word)) return taken(context, word, 'letter', word);
  if (wordFunctions.has(word)) return taken(context, word, 'command', word);
  const next = context.text.slice(at + word.length).trimStart()[0] ?? '';
  if (/^(?:d|t)?frac$|^binom$/.test(word) && next === '{') return taken(context, word, 'command', word);
  const number = numberWords.get(lower);
  if (number !== undefined && context.tokens.at(-1)?.kind !== 'letter') {
    context.inline(number);
    return word.length;
  }
  if (context.isAfterNumber() && /^(?:st|nd|rd|th)$/.test(word)) return taken(context, word, 'text', word);
  if (context.isAfterNumber() && isBareUnit(word)) return units(context, at);
  return context.prose ? proseWord(context, word) : longWord(context, word);
}

/** Unit words run on: "square feet", "miles per hour", "km/h". */
function units(context: TextContext, at: number): number {
  const [run = ''] = matchAt(unitWords, context.text, at).split(/ (?:and|or)(?: |$)/);
  return taken(context, run, 'text', run);
}

/** In a text group letters are words, but digits above nine (1A) are letters. */
function proseWord(context: TextContext, word: string): number {
  const glued = context.tokens.at(-1)?.kind === 'number' && !context.isSpaced();
  return glued && /^[A-Z]+$/.test(word) ? product(context, word) : taken(context, word, 'text', word);
}

/** sin glued to its argument; words of prose; or a product of single letters. */
function longWord(context: TextContext, word: string): number {
  const glued = /^(arcsin|arccos|arctan|sin|cos|tan|cot|ln|log|sqrt)[a-zA-Z]$/.exec(word)?.[1];
  if (glued !== undefined && functions.has(glued)) return taken(context, glued, 'command', glued);
  if (glued === 'sqrt') return taken(context, glued, 'command', glued);
  return word.length >= 4 && /[a-z]/.test(word) ? taken(context, word, 'text', word) : product(context, word);
}

function product(context: TextContext, run: string): number {
  for (const letter of run) context.push('letter', letter);
  return run.length;
}
