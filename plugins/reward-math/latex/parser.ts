import type { Budget } from '../budget.js';
import {
  call,
  list,
  negated,
  number,
  product,
  reciprocal,
  sum,
  type Expression,
  type RelationStep,
} from '../expression.js';
import { add } from '../numeric/rational.js';
import { relationMarks } from './commands.js';
import { Cursor } from './cursor.js';
import { parseCommand } from './parse-command.js';
import { parseFactor } from './parse-factor.js';
import { parseSuffixes } from './parse-suffix.js';
import { ParseFailure, type Token } from './tokens.js';

export interface ParserOptions {
  readonly maxDepth: number;
  /** Whether \frac12 and the like are repaired. */
  readonly lenient: boolean;
}

/** Reads a whole answer; throws ParseFailure where the grammar does not know the text, LimitReached where it is too deep. */
export function parseTokens(tokens: readonly Token[], options: ParserOptions, budget: Budget): Expression {
  const cursor = new Cursor([...tokens], budget, options.maxDepth, options.lenient);
  const result = parseList(cursor);
  while (cursor.accept('.') || cursor.accept(',')) {
    /* punctuation behind the answer */
  }
  if (!cursor.atEnd()) throw new ParseFailure(`unexpected ${cursor.peek()!.text}`);
  return result;
}

/** Items between commas, groups of items between semicolons. A single item is itself. */
export function parseList(cursor: Cursor): Expression {
  return cursor.deeper(() => {
    const groups: Expression[][] = [[]];
    let commas = false;
    skipSeparators(cursor);
    while (startsItem(cursor)) {
      groups.at(-1)!.push(parseRelation(cursor));
      if (cursor.isMark(';')) groups.push([]);
      else if (cursor.isMark(',')) commas = true;
      else break;
      skipSeparators(cursor);
    }
    const filled = groups.filter((group) => group.length > 0);
    if (!commas || filled.length === 1) return one(filled.flat());
    return list(filled.map((group) => (group.length === 1 ? group[0]! : list(group, '(', ')'))));
  });
}

function one(items: Expression[]): Expression {
  return items.length === 1 ? items[0]! : list(items);
}

function skipSeparators(cursor: Cursor): void {
  while (cursor.isMark(',') || cursor.isMark(';')) cursor.next();
}

const closingMarks = new Set([')', ']', '}', '\\}', '⟩', '&', '\\\\', '⌋', '⌉', '.']);

export function startsItem(cursor: Cursor): boolean {
  const token = cursor.peek();
  if (token === undefined || (token.kind === 'command' && token.text === 'end')) return false;
  if (token.kind === 'mark' && (token.text === '|' || token.text === '‖'))
    return cursor.bars === 0 || cursor.peek(1) !== undefined;
  return token.kind !== 'mark' || !closingMarks.has(token.text);
}

function parseRelation(cursor: Cursor): Expression {
  // "= 5" carries on from the question: only the value matters.
  if (!cursor.accept('=')) cursor.accept('≈');
  const first = parseSets(cursor);
  const rest: RelationStep[] = [];
  for (;;) {
    const token = cursor.peek();
    if (token?.kind !== 'mark' || !relationMarks.has(token.text)) break;
    cursor.next();
    rest.push({ operator: token.text, right: parseSets(cursor) });
  }
  return rest.length === 0 ? first : { kind: 'relation', first, rest };
}

function parseSets(cursor: Cursor): Expression {
  let left = parseRatio(cursor);
  for (;;) {
    const operator = (['∪', '∩', '∖'] as const).find((mark) => cursor.isMark(mark));
    if (operator === undefined) return left;
    cursor.next();
    left = cursor.deeper(() => ({ kind: 'setOperation', operator, left, right: parseRatio(cursor) }));
  }
}

function parseRatio(cursor: Cursor): Expression {
  const start = cursor.mark();
  const parts = [parseSum(cursor)];
  while (cursor.accept(':')) parts.push(parseSum(cursor));
  if (parts.length === 1) return parts[0]!;
  const end = cursor.mark();
  cursor.reset(start);
  const time = looksLikeTime(cursor, parts.length);
  cursor.reset(end);
  return { kind: 'ratio', parts, time };
}

/** 9:05 or 12:30:00, two digits behind each colon. */
function looksLikeTime(cursor: Cursor, count: number): boolean {
  for (let k = 0; k < count; k++) {
    const part = cursor.peek(2 * k);
    if (part?.kind !== 'number' || part.decimal) return false;
    if (k === 0 ? Number(part.text) > 24 : part.text.length !== 2 || Number(part.text) > 59) return false;
  }
  return count <= 3;
}

export function parseSum(cursor: Cursor): Expression {
  return cursor.deeper(() => {
    const terms: Expression[] = [];
    let sign = cursor.peek();
    if (!isSign(sign)) terms.push(parseProduct(cursor));
    for (sign = cursor.peek(); isSign(sign); sign = cursor.peek()) {
      cursor.next();
      terms.push(signed(sign.text, parseProduct(cursor)));
    }
    return sum(terms);
  });
}

function isSign(token: Token | undefined): token is Token {
  return token?.kind === 'mark' && ['+', '-', '±', '∓'].includes(token.text);
}

function signed(sign: string, value: Expression): Expression {
  if (sign === '-') return negated(value);
  return sign === '+' ? value : { kind: 'plusMinus', sign: sign === '±' ? 1 : -1, value };
}

/** A product with *, / or nothing between its factors. */
export function parseProduct(cursor: Cursor): Expression {
  const factors = [parseMixed(cursor)];
  for (;;) {
    if (cursor.accept('*')) factors.push(parseSigned(cursor));
    else if (cursor.accept('/')) factors.push(reciprocal(parseSigned(cursor)));
    else if (cursor.isCommand('bmod') || cursor.isCommand('mod')) {
      cursor.next();
      return call('mod', product(factors), parseSigned(cursor));
    } else if (startsFactor(cursor)) {
      if (cursor.peek()!.kind === 'number' && factors.at(-1)!.kind === 'number')
        throw new ParseFailure('two numbers side by side');
      factors.push(parseFactor(cursor));
    } else return product(factors);
  }
}

/** The factor behind an operator may carry signs: 2 \cdot -3. */
export function parseSigned(cursor: Cursor): Expression {
  let negative = false;
  while (cursor.isMark('-') || cursor.isMark('+')) negative = cursor.next().text === '-' ? !negative : negative;
  const value = parseFactor(cursor);
  return negative ? negated(value) : value;
}

/** Whether the next token can be multiplied to what came before without a sign. */
export function startsFactor(cursor: Cursor): boolean {
  const token = cursor.peek();
  if (token === undefined) return false;
  if (token.kind === 'command') return token.text !== 'end' && token.text !== 'pmod' && token.text !== 'over';
  if (token.kind !== 'mark') return token.kind !== 'text' || token.text === '…';
  if (token.text === '|' || token.text === '‖') return cursor.bars === 0;
  return ['(', '[', '{', '⌊', '⌈', '⟨'].includes(token.text);
}

/** 4\frac{8}{21} and "4 8/21": a whole number directly before a proper fraction of whole numbers is their sum. */
function parseMixed(cursor: Cursor): Expression {
  const whole = cursor.peek();
  if (whole?.kind !== 'number' || whole.value.d !== 1n || whole.decimal) return parseFactor(cursor);
  const start = cursor.mark();
  cursor.next();
  const fraction = properFraction(cursor);
  if (fraction !== undefined) return parseSuffixes(cursor, number(add(whole.value, fraction)));
  cursor.reset(start);
  return parseFactor(cursor);
}

function properFraction(cursor: Cursor): Extract<Expression, { kind: 'number' }>['value'] | undefined {
  const token = cursor.peek();
  if (token?.kind === 'number' && token.space && cursor.isMark('/', 1) && cursor.peek(2)?.kind === 'number') {
    const [top, , bottom] = [cursor.next(), cursor.next(), cursor.next()];
    return top.kind === 'number' && bottom.kind === 'number' ? below1(top.value.n, bottom.value.n) : undefined;
  }
  if (token?.kind !== 'command' || !['frac', 'dfrac', 'tfrac', 'cfrac'].includes(token.text)) return undefined;
  const value = parseCommand(cursor);
  if (value.kind !== 'product' || value.factors.length !== 2) return undefined;
  const [top, bottom] = value.factors as [Expression, Expression];
  if (top.kind !== 'number' || bottom.kind !== 'power' || bottom.base.kind !== 'number' || cursor.isMark('^'))
    return undefined;
  return below1(top.value.n, bottom.base.value.n);
}

function below1(n: bigint, d: bigint): { n: bigint; d: bigint } | undefined {
  return n > 0n && n < d ? add({ n, d }, { n: 0n, d: 1n }) : undefined;
}
