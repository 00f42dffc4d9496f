import { call, list, negated, number, power, product, symbol, type Bracket, type Expression } from '../expression.js';
import { functions, inverseOf } from './commands.js';
import type { Cursor } from './cursor.js';
import { parseCommand } from './parse-command.js';
import { parseSuffixes } from './parse-suffix.js';
import { parseList, parseSigned, startsFactor, startsItem } from './parser.js';
import { ParseFailure } from './tokens.js';

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
    case 'letter':
      return parseLetter(cursor);
    case 'text':
      cursor.next();
      return { kind: 'text', text: token.text };
    case 'command':
      return functions.has(token.text) ? parseFunction(cursor) : parseCommand(cursor);
    default:
      return parseBracket(cursor);
  }
}

const constants: ReadonlyMap<string, Expression> = new Map([
  ['e', { kind: 'constant', name: 'e' }],
  ['i', { kind: 'constant', name: 'i' }],
]);
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
    if (args !== undefined && (isFunctionName(name) || args.length > 1 || definesFunction(cursor, args)))
      return { kind: 'apply', name, args };
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
  const isInverse =
    exponent?.kind === 'product' &&
    exponent.factors.length === 2 &&
    exponent.factors.every(
      (factor) => factor.kind === 'number' && factor.value.d === 1n && factor.value.n * factor.value.n === 1n,
    );
  if (isInverse && inverseOf.has(name)) [name, exponent] = [inverseOf.get(name)!, undefined];
  const args = functionArguments(cursor);
  const value =
    name === 'log'
      ? call('log', ...args, base ?? number({ n: 10n, d: 1n }))
      : call(name, ...args, ...(base ? [base] : []));
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
  '(': [')', ']'],
  '[': [']', ')'],
  '\\{': ['\\}'],
  '{': ['}'],
  '⟨': ['⟩'],
  '|': ['|'],
  '‖': ['‖'],
  '⌊': ['⌋'],
  '⌈': ['⌉'],
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
