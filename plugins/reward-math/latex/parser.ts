import type { Budget } from '../budget.js';
import {
  call, list, negated, number, power, product, reciprocal, sum, symbol, type Bracket, type Expression, type RelationStep,
} from '../expression.js';
import { add } from '../numeric/rational.js';
import { functions, inverseOf, relationMarks } from './commands.js';
import { Cursor } from './cursor.js';
import { parseCommand } from './parse-command.js';
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
  while (cursor.accept('.') || cursor.accept(',')) { /* punctuation behind the answer */ }
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

function startsItem(cursor: Cursor): boolean {
  const token = cursor.peek();
  if (token === undefined || (token.kind === 'command' && token.text === 'end')) return false;
  if (token.kind === 'mark' && (token.text === '|' || token.text === '‖')) return cursor.bars === 0 || cursor.peek(1) !== undefined;
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
      if (cursor.peek()!.kind === 'number' && factors.at(-1)!.kind === 'number') throw new ParseFailure('two numbers side by side');
      factors.push(parseFactor(cursor));
    } else return product(factors);
  }
}

/** The factor behind an operator may carry signs: 2 \cdot -3. */
function parseSigned(cursor: Cursor): Expression {
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
  if (top.kind !== 'number' || bottom.kind !== 'power' || bottom.base.kind !== 'number' || cursor.isMark('^')) return undefined;
  return below1(top.value.n, bottom.base.value.n);
}

function below1(n: bigint, d: bigint): { n: bigint; d: bigint } | undefined {
  return n > 0n && n < d ? add({ n, d }, { n: 0n, d: 1n }) : undefined;
}

/** One factor with its suffixes: power, factorial, percent, degree, unit. */
export function parseFactor(cursor: Cursor): Expression {
  return cursor.deeper(() => parseSuffixes(cursor, parsePrimary(cursor)));
}

function parsePrimary(cursor: Cursor): Expression {
  const token = cursor.peek();
  switch (token?.kind) {
    case 'number':
      cursor.next();
      return number(token.value, token.decimal);
    case 'letter': return parseLetter(cursor);
    case 'text':
      cursor.next();
      return { kind: 'text', text: token.text };
    case 'command': return functions.has(token.text) ? parseFunction(cursor) : parseCommand(cursor);
    default: return parseBracket(cursor);
  }
}

const constants: ReadonlyMap<string, Expression> = new Map([['e', { kind: 'constant', name: 'e' }], ['i', { kind: 'constant', name: 'i' }]]);
/** Letters that name functions when a bracket follows; other letters are multiplied. */
const functionLetters = new Set(['f', 'g', 'h', 'F', 'G', 'H', 'phi', 'varphi', 'Phi', 'psi', 'Psi', 'Gamma', 'zeta']);

function parseLetter(cursor: Cursor): Expression {
  const letter = cursor.next();
  let name = letter.text;
  if (cursor.isMark('_')) {
    cursor.next();
    name += `_${subscript(cursor)}`;
  }
  while (cursor.isMark("'")) name += cursor.next().text;
  const bracket = cursor.isMark('(') && !cursor.peek()!.space;
  if (bracket) {
    const start = cursor.mark();
    const args = parseArguments(cursor);
    if (args !== undefined && (isFunctionName(name) || args.length > 1 || definesFunction(cursor, args))) return { kind: 'apply', name, args };
    cursor.reset(start);
  }
  return constants.get(name) ?? symbol(name);
}

function isFunctionName(name: string): boolean {
  return functionLetters.has(name[0]!) || functionLetters.has(name);
}

/** W(n) = … defines a function, whatever its letter. */
function definesFunction(cursor: Cursor, args: readonly Expression[]): boolean {
  return cursor.isMark('=') && args.length === 1 && args[0]!.kind === 'symbol';
}

/** The text of a subscript: what it says matters, not its value. */
export function subscript(cursor: Cursor): string {
  if (!cursor.accept('{')) return cursor.next().text;
  let [text, depth] = ['', 1];
  for (;;) {
    const token = cursor.next();
    if (token.kind === 'mark' && token.text === '{') depth++;
    if (token.kind === 'mark' && token.text === '}' && --depth === 0) return text;
    text += token.text;
  }
}

function parseArguments(cursor: Cursor): readonly Expression[] | undefined {
  cursor.expect('(');
  const inner = startsItem(cursor) ? parseList(cursor) : list([]);
  if (!cursor.accept(')')) return undefined;
  return inner.kind === 'list' && inner.open === '' ? inner.items : [inner];
}

/** sin, log and the like, with the power or base written between name and argument. */
function parseFunction(cursor: Cursor): Expression {
  let name = functions.get(cursor.next().text)!;
  let base: Expression | undefined;
  let exponent: Expression | undefined;
  for (;;) {
    if (cursor.accept('_')) base = parseGroup(cursor);
    else if (cursor.accept('^')) exponent = parseGroup(cursor);
    else break;
  }
  const isInverse = exponent?.kind === 'product' && exponent.factors.length === 2 && exponent.factors.every((factor) => factor.kind === 'number' && factor.value.d === 1n && factor.value.n * factor.value.n === 1n);
  if (isInverse && inverseOf.has(name)) [name, exponent] = [inverseOf.get(name)!, undefined];
  const args = functionArguments(cursor);
  const value = name === 'log' ? call('log', ...args, base ?? number({ n: 10n, d: 1n })) : call(name, ...args, ...(base ? [base] : []));
  return exponent === undefined ? value : power(value, exponent);
}

/** The bracket behind the name, or the run of factors up to the next sign or function. */
function functionArguments(cursor: Cursor): readonly Expression[] {
  if (cursor.isMark('\\{')) {
    const inner = parseBracket(cursor);
    return inner.kind === 'list' ? inner.items : [inner];
  }
  if (cursor.isMark('(')) {
    const args = parseArguments(cursor);
    if (args !== undefined) return args;
    throw new ParseFailure('unclosed argument');
  }
  return cursor.deeper(() => {
    const negative = cursor.accept('-');
    const factors = [parseFactor(cursor)];
    while (startsFactor(cursor) && !nextIsFunction(cursor) && !cursor.isMark('[')) factors.push(parseFactor(cursor));
    return [negative ? negated(product(factors)) : product(factors)];
  });
}

function nextIsFunction(cursor: Cursor): boolean {
  const token = cursor.peek();
  return token?.kind === 'command' && functions.has(token.text);
}

/** What stands in braces, or the single token instead of it. */
export function parseGroup(cursor: Cursor): Expression {
  if (cursor.accept('{')) {
    const inner = startsItem(cursor) ? parseList(cursor) : list([]);
    cursor.expect('}');
    return inner;
  }
  if (cursor.accept('-')) return negated(parseGroup(cursor));
  const token = cursor.peek();
  if (token?.kind === 'number' || token?.kind === 'text') return parsePrimary(cursor);
  if (token?.kind === 'letter') {
    cursor.next();
    return constants.get(token.text) ?? symbol(token.text);
  }
  if (token?.kind === 'command') return cursor.deeper(() => parsePrimary(cursor));
  if (token?.kind === 'mark' && ['(', '|', '‖'].includes(token.text)) return parseBracket(cursor);
  throw new ParseFailure(`unexpected ${token?.text ?? 'end'}`);
}

const pairs: Readonly<Record<string, readonly string[]>> = {
  '(': [')', ']'], '[': [']', ')'], '\\{': ['\\}'], '{': ['}'], '⟨': ['⟩'], '|': ['|'], '‖': ['‖'], '⌊': ['⌋'], '⌈': ['⌉'],
};

function parseBracket(cursor: Cursor): Expression {
  const open = cursor.next();
  const closing = open.kind === 'mark' ? (Object.hasOwn(pairs, open.text) ? pairs[open.text] : undefined) : undefined;
  if (open.text.startsWith('currency')) return parseCurrency(cursor, open.text.slice('currency'.length));
  if (closing === undefined) throw new ParseFailure(`unexpected ${open.text}`);
  const bars = cursor.bars;
  cursor.bars = open.text === '|' || open.text === '‖' ? 1 : 0;
  const inner = startsItem(cursor) ? parseList(cursor) : list([]);
  const close = cursor.expect(...closing);
  cursor.bars = bars;
  return bracketed(open.text, close, inner);
}

function bracketed(open: string, close: string, inner: Expression): Expression {
  if (open === '|' || open === '‖') return call('abs', inner);
  if (open === '⌊') return call('floor', inner);
  if (open === '⌈') return call('ceil', inner);
  if (open === '{') return inner;
  const single = inner.kind !== 'list' || inner.open !== '';
  if (open === '(' && close === ')' && single) return inner;
  const items = single ? [inner] : inner.items;
  if (open === '⟨') return list(items, '(', ')');
  return list(items, open.replace('\\', '') as Bracket, close.replace('\\', '') as Bracket);
}

/** $5: the sign is a unit in front. */
function parseCurrency(cursor: Cursor, sign: string): Expression {
  return { kind: 'unit', value: parseSigned(cursor), unit: sign };
}
