import { number, product, type Expression } from '../expression.js';
import { integer } from '../numeric/rational.js';
import type { Cursor } from './cursor.js';
import { meaningfulWords, scaleWords } from './tables/words.js';
import { ParseFailure } from './tokens.js';
import { knownUnit } from './units.js';

/** Words behind a value: "million" multiplies it; others are its unit, with exponent and "per". */
export function parseUnit(cursor: Cursor, value: Expression): Expression | undefined {
  const word = cursor.peek();
  if (word?.kind !== 'text' || word.text === '…' || value.kind === 'text' || value.kind === 'unit') return undefined;
  const scale = scaleWords.get(word.text.trim().toLowerCase().replace(/s$/, ''));
  if (scale !== undefined && value.kind === 'number') {
    cursor.next();
    return product([value, number(integer(BigInt(scale)))]);
  }
  const unit = unitText(cursor);
  if (!isUnit(unit)) throw new ParseFailure('words that change what a number says');
  return { kind: 'unit', value, unit };
}

function unitText(cursor: Cursor): string {
  let unit = '';
  for (;;) {
    const token = cursor.peek();
    const exponent = unitExponent(cursor);
    if (token?.kind === 'text') unit += ` ${cursor.next().text}`;
    else if (cursor.isMark('/') && cursor.peek(1)?.kind === 'text') unit += ` ${cursor.next().text}`;
    else if (exponent !== undefined) {
      unit += `^${exponent}`;
      cursor.skip(cursor.isMark('{', 1) ? 4 : 2);
    } else if (cursor.isMark('.') || (cursor.isMark('*') && cursor.peek(1)?.kind === 'text')) cursor.next();
    else return unit.trim();
  }
}

/** The digits of ^2 or ^{2}, if that comes next. */
function unitExponent(cursor: Cursor): string | undefined {
  if (!cursor.isMark('^')) return undefined;
  const braced = cursor.isMark('{', 1);
  const digit = cursor.peek(braced ? 2 : 1);
  return digit?.kind === 'number' && (!braced || cursor.isMark('}', 3)) ? digit.text : undefined;
}

/** Words with digits among them, or with words that negate, compare or offer a choice, are no unit. */
function isUnit(unit: string): boolean {
  if (knownUnit(unit) !== undefined) return true;
  if (/\d/.test(unit.replace(/\^-?\d+/g, ''))) return false;
  return !(unit.toLowerCase().match(/\p{L}+/gu) ?? []).some((word) => meaningfulWords.has(word));
}
