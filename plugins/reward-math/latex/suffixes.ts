import { call, number, power, product, sum, symbol, type Expression, type Matrix } from '../expression.js';
import { rational, type Rational } from '../numeric/rational.js';
import type { Cursor } from './cursor.js';
import type { Grammar } from './grammar.js';
import { grouped } from './grouping.js';
import { acceptPrimes } from './primes.js';
import { subscriptText } from './subscripts.js';
import { words } from './tables/table.js';
import { numberWords } from './tables/words.js';
import { ParseFailure } from './tokens.js';
import { parseUnit } from './unit-suffix.js';

const maxSuffixes = 12;
const degreeMarks = words('∘ °');
const tails = words(', . } ) ; and or');

/** Everything that may follow a factor: powers, factorials, percent and degree signs, bases, units. */
export function parseSuffixes(grammar: Grammar, start: Expression): Expression {
  let value = start;
  // Each suffix nests the value once more, so their number is limited like any depth.
  for (let count = 0; ; count++) {
    const next = parseSuffix(grammar, value);
    if (next === undefined) return value;
    if (count > maxSuffixes) throw new ParseFailure('too many suffixes');
    value = next;
  }
}

function parseSuffix(grammar: Grammar, value: Expression): Expression | undefined {
  const { cursor } = grammar;
  if (cursor.isMark('^') && isSide(cursor)) return undefined;
  if (cursor.accept('^')) return parsePower(grammar, value);
  if (cursor.isMark('!') && !cursor.isMark('=', 1)) return factorial(cursor, value);
  if (cursor.accept('%')) return call('percent', value);
  if (cursor.accept('°')) return degrees(grammar, value);
  if (cursor.isMark('_')) return subscripted(cursor, value);
  if (cursor.isMark("'") && value.kind === 'call' && value.name === 'degree') return undefined;
  if (cursor.acceptCommand('pmod')) return call('pmod', value, grammar.group());
  const mark = cursor.peek();
  if (mark?.kind === 'mark' && /^currency[$€¢]/.test(mark.text))
    return { kind: 'unit', value, unit: cursor.next().text.slice('currency'.length) };
  return parseUnit(cursor, value);
}

/** 0^+ in a limit, which the bound reads. */
function isSide(cursor: Cursor): boolean {
  return (cursor.isMark('+', 1) || cursor.isMark('-', 1)) && cursor.isMark('}', 2);
}

function parsePower(grammar: Grammar, value: Expression): Expression {
  const { cursor } = grammar;
  if (acceptInGroup(cursor, (ahead) => cursor.isOneOf(degreeMarks, ahead))) return degrees(grammar, value);
  if (acceptInGroup(cursor, (ahead) => isOrdinal(cursor, ahead))) return value;
  const primes = acceptPrimes(cursor);
  if (primes > 0) return primed(value, primes);
  if (cursor.isMark('*') && !startsTerm(cursor, 1)) {
    cursor.next();
    return call('star', value);
  }
  return cursor.deeper(() => {
    const exponent = grammar.group();
    if (value.kind === 'matrix' && exponent.kind === 'symbol' && /^[Tt]$/.test(exponent.name)) return transpose(value);
    // Without braces, towers are read from the right: 2^3^4 is 2^(3^4).
    return power(grouped(value), cursor.accept('^') ? parsePower(grammar, exponent) : exponent);
  });
}

/** Consumes one token that fits, alone or in braces. */
function acceptInGroup(cursor: Cursor, fits: (ahead: number) => boolean): boolean {
  const braced = cursor.isMark('{') && cursor.isMark('}', 2);
  if (!fits(braced ? 1 : 0)) return false;
  cursor.skip(braced ? 3 : 1);
  return true;
}

/** 12^{\text{th}} */
function isOrdinal(cursor: Cursor, ahead: number): boolean {
  const token = cursor.peek(ahead);
  return token?.kind === 'text' && /^(?:st|nd|rd|th)$/.test(token.text);
}

/** f^{\prime}(x) is f'(x). */
function primed(value: Expression, count: number): Expression {
  if (value.kind === 'symbol') return symbol(value.name + "'".repeat(count));
  return count === 0 ? value : primed(call('prime', value), count - 1);
}

function startsTerm(cursor: Cursor, ahead: number): boolean {
  const token = cursor.peek(ahead);
  return token !== undefined && (token.kind === 'number' || token.kind === 'letter');
}

function transpose(matrix: Matrix): Expression {
  const [first = []] = matrix.rows;
  return {
    kind: 'matrix',
    rows: first.map((_, column) => matrix.rows.flatMap((row) => row.slice(column, column + 1))),
  };
}

function factorial(cursor: Cursor, value: Expression): Expression {
  cursor.next();
  if (!cursor.isMark('!') || cursor.peek()?.space === true) return call('factorial', value);
  cursor.next();
  return call('doubleFactorial', value);
}

const scales: ReadonlyMap<string, string> = new Map([
  ['c', 'degree C'],
  ['celsius', 'degree C'],
  ['f', 'degree F'],
  ['fahrenheit', 'degree F'],
]);

/** A degree sign; a temperature scale behind it is a unit, minutes and seconds of arc are parts of the angle. */
function degrees(grammar: Grammar, value: Expression): Expression {
  const { cursor } = grammar;
  const scale = cursor.peek();
  if ((scale?.kind === 'letter' && isTail(cursor, 1)) || scale?.kind === 'text') {
    const unit = scales.get(scale.text.trim().toLowerCase());
    if (unit !== undefined) {
      cursor.next();
      return { kind: 'unit', value, unit };
    }
  }
  const parts = [value, ...arcPart(cursor, 1, 60), ...arcPart(cursor, 2, 3600)];
  return call('degree', sum(parts));
}

/** 45' or 30'' behind degrees, as a fraction of a degree. */
function arcPart(cursor: Cursor, primes: number, parts: number): readonly Expression[] {
  const token = cursor.peek();
  if (token?.kind !== 'number') return [];
  const start = cursor.mark();
  cursor.next();
  const power = cursor.accept('^');
  const marked = power || cursor.isMark("'") ? countPrimes(cursor) : 0;
  if (marked === primes) return [product([number(token.value, token.decimal), number(rational(1n, BigInt(parts)))])];
  cursor.reset(start);
  return [];
}

function countPrimes(cursor: Cursor): number {
  if (cursor.isMark('{')) return acceptPrimes(cursor);
  let count = 0;
  while (cursor.accept("'")) count++;
  return count;
}

function isTail(cursor: Cursor, ahead: number): boolean {
  return cursor.peek(ahead) === undefined || cursor.isOneOf(tails, ahead);
}

/** x_0^2 in either order, and 204_5. Digits above nine come as letters: 152A_{11} arrives as one letter. */
function subscripted(cursor: Cursor, value: Expression): Expression {
  if (value.kind === 'symbol') {
    cursor.next();
    return symbol(`${value.name}_${subscriptText(cursor)}`);
  }
  if (value.kind === 'power' && value.base.kind === 'symbol')
    return power(subscripted(cursor, value.base), value.exponent);
  const digits = value.kind === 'number' ? decimalText(value.value) : undefined;
  if (digits === undefined) throw new ParseFailure('a subscript that belongs to nothing');
  cursor.next();
  const base = baseNamed(subscriptText(cursor));
  if (base === undefined) throw new ParseFailure('no base');
  return { kind: 'based', digits, base };
}

/** 5, five, (5), base 5 */
function baseNamed(subscript: string): number | undefined {
  const word = subscript
    .toLowerCase()
    .replace(/base|[()\s]/g, '')
    .trim();
  const base = Number(numberWords.get(word) ?? word);
  return Number.isInteger(base) && Math.abs(base) >= 2 && Math.abs(base) <= 36 ? base : undefined;
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
