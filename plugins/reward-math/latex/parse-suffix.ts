import { call, list, number, power, type Expression } from '../expression.js';
import { integer, rational, type Rational } from '../numeric/rational.js';
import type { Cursor } from './cursor.js';
import { parseGroup, subscript } from './parse-factor.js';
import { ParseFailure } from './tokens.js';

/** Everything that may follow a factor: powers, factorials, percent and degree signs, bases, units. */
export function parseSuffixes(cursor: Cursor, start: Expression): Expression {
  let value = start;
  // Each suffix nests the value once more, so their number is limited like any depth.
  for (let count = 0; ; count++) {
    const next = parseSuffix(cursor, value);
    if (next === undefined) return value;
    if (count > 12) throw new ParseFailure('too many suffixes');
    value = next;
  }
}

function parseSuffix(cursor: Cursor, value: Expression): Expression | undefined {
  if (cursor.accept('^')) return parsePower(cursor, value);
  if (cursor.isMark('!') && !cursor.isMark('=', 1)) return factorial(cursor, value);
  if (cursor.accept('%')) return call('percent', value);
  if (cursor.accept('°')) return degrees(cursor, value);
  if (cursor.isMark('_')) return based(cursor, value);
  if (cursor.isCommand('pmod')) {
    cursor.next();
    return call('pmod', value, parseGroup(cursor));
  }
  if (cursor.isMark('currency$') || cursor.isMark('currency€'))
    return { kind: 'unit', value, unit: cursor.next().text.slice('currency'.length) };
  return parseUnit(cursor, value);
}

function parsePower(cursor: Cursor, value: Expression): Expression {
  if (cursor.accept('∘') || cursor.accept('°')) return degrees(cursor, value);
  if (cursor.isMark('{') && (cursor.isMark('∘', 1) || cursor.isMark('°', 1)) && cursor.isMark('}', 2)) {
    for (let k = 0; k < 3; k++) cursor.next();
    return degrees(cursor, value);
  }
  if (cursor.isMark("'")) return call('prime', value);
  if (cursor.isMark('*') && !startsTerm(cursor, 1)) {
    cursor.next();
    return call('star', value);
  }
  return cursor.deeper(() => {
    const exponent = parseGroup(cursor);
    if (value.kind === 'matrix' && exponent.kind === 'symbol' && /^[Tt]$/.test(exponent.name)) return transpose(value);
    // Without braces, towers are read from the right: 2^3^4 is 2^(3^4).
    return power(value, cursor.accept('^') ? parsePower(cursor, exponent) : exponent);
  });
}

function startsTerm(cursor: Cursor, ahead: number): boolean {
  const token = cursor.peek(ahead);
  return token !== undefined && (token.kind === 'number' || token.kind === 'letter');
}

function transpose(matrix: Extract<Expression, { kind: 'matrix' }>): Expression {
  return { kind: 'matrix', rows: matrix.rows[0]!.map((_, column) => matrix.rows.map((row) => row[column]!)) };
}

function factorial(cursor: Cursor, value: Expression): Expression {
  cursor.next();
  if (!cursor.isMark('!') || cursor.peek()!.space) return call('factorial', value);
  cursor.next();
  return call('doubleFactorial', value);
}

/** A degree sign; a temperature scale behind it is a unit. */
function degrees(cursor: Cursor, value: Expression): Expression {
  const scale = cursor.peek();
  if (scale?.kind === 'letter' && (scale.text === 'C' || scale.text === 'F') && isTail(cursor, 1)) {
    cursor.next();
    return { kind: 'unit', value, unit: `degree ${scale.text}` };
  }
  return call('degree', value);
}

function isTail(cursor: Cursor, ahead: number): boolean {
  const token = cursor.peek(ahead);
  return token === undefined || (token.kind === 'mark' && [',', '.', '}', ')'].includes(token.text));
}

const baseWords: ReadonlyMap<string, number> = new Map([
  ['two', 2],
  ['three', 3],
  ['four', 4],
  ['five', 5],
  ['six', 6],
  ['seven', 7],
  ['eight', 8],
  ['nine', 9],
  ['ten', 10],
  ['eleven', 11],
  ['twelve', 12],
  ['sixteen', 16],
]);

/** 204_5. Digits above nine come as letters: 152A_{11} arrives as 152·A with the subscript on A. */
function based(cursor: Cursor, value: Expression): Expression {
  if (value.kind === 'symbol') {
    cursor.next();
    return { ...value, name: `${value.name}_${subscript(cursor)}` };
  }
  const digits = value.kind === 'number' ? decimalText(value.value) : undefined;
  if (digits === undefined) throw new ParseFailure('a subscript that belongs to nothing');
  cursor.next();
  const written = subscript(cursor).toLowerCase();
  const base = baseWords.get(written) ?? Number(written);
  if (!Number.isInteger(base) || Math.abs(base) < 2 || Math.abs(base) > 36) throw new ParseFailure('no base');
  return { kind: 'based', digits, base };
}

/** The digits of a finite decimal; undefined for other fractions. */
function decimalText(value: Rational): string | undefined {
  for (let places = 0; places <= 40; places++) {
    const scaled = value.n * 10n ** BigInt(places);
    if (scaled % value.d !== 0n) continue;
    const digits = (scaled / value.d).toString().padStart(places + 1, '0');
    return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  }
  return undefined;
}

/** Unit words behind a value, with exponent and "per". */
function parseUnit(cursor: Cursor, value: Expression): Expression | undefined {
  if (cursor.peek()?.kind !== 'text' || value.kind === 'text' || value.kind === 'unit') return undefined;
  let unit = '';
  for (;;) {
    const token = cursor.peek();
    if (token?.kind === 'text') unit += ` ${cursor.next().text}`;
    else if (token?.kind === 'mark' && token.text === '/' && cursor.peek(1)?.kind === 'text')
      unit += ` ${cursor.next().text}`;
    else if (token?.kind === 'mark' && token.text === '^' && unitExponent(cursor) !== undefined)
      unit += `^${takeExponent(cursor)}`;
    else if (token?.kind === 'mark' && (token.text === '.' || token.text === '*')) cursor.next();
    else break;
  }
  if (cursor.isMark('(') || cursor.peek()?.kind === 'number') throw new ParseFailure('words inside an expression');
  return { kind: 'unit', value, unit: unit.trim() };
}

function unitExponent(cursor: Cursor): string | undefined {
  const braced = cursor.isMark('{', 1);
  const digit = cursor.peek(braced ? 2 : 1);
  return digit?.kind === 'number' && (!braced || cursor.isMark('}', 3)) ? digit.text : undefined;
}

function takeExponent(cursor: Cursor): string {
  const exponent = unitExponent(cursor)!;
  const count = cursor.isMark('{', 1) ? 4 : 2;
  for (let k = 0; k < count; k++) cursor.next();
  return exponent;
}

/** Shared with the commands: a fraction with whole numbers stays one number only if it is exact. */
export function fraction(top: Expression, bottom: Expression): Expression {
  return { kind: 'product', factors: [top, power(bottom, number(integer(-1)))] };
}

export const half = number(rational(1n, 2n));
export const emptySet = list([], '{', '}');
