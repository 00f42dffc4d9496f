import { call, list, power, symbol, whole, type Expression } from '../expression.js';
import { decimalValue } from './numerals.js';
import type { Cursor } from './cursor.js';
import { parseFactor, parseGroup } from './parse-factor.js';
import { parseList, parseProduct, parseSum, startsFactor } from './parser.js';
import { emptySet, fraction, half } from './parse-suffix.js';
import { ParseFailure } from './tokens.js';

type CommandParser = (cursor: Cursor, name: string) => Expression;

/** Reads a command that is no function of the function table. */
export function parseCommand(cursor: Cursor): Expression {
  const name = cursor.next().text;
  const parser = commandParsers.get(name);
  if (parser === undefined) throw new ParseFailure(`unknown command \\${name}`);
  return cursor.deeper(() => parser(cursor, name));
}

const frac: CommandParser = (cursor) => {
  const top = parseArgument(cursor);
  return fraction(top, parseArgument(cursor));
};

const binomial: CommandParser = (cursor) => {
  const top = parseArgument(cursor);
  return call('binom', top, parseArgument(cursor));
};

const root: CommandParser = (cursor) => {
  if (!cursor.accept('[')) return power(parseRadicand(cursor), half);
  const index = parseSum(cursor);
  cursor.expect(']');
  return call('root', parseRadicand(cursor), index);
};

/** √2 takes the whole number behind it, √(…) the bracket. */
function parseRadicand(cursor: Cursor): Expression {
  if (cursor.isMark('{')) return parseGroup(cursor);
  if (!cursor.lenient) return parseArgument(cursor);
  return parseGroup(cursor);
}

/** An argument of \frac: a group or one token, where a number gives only its first digit. */
function parseArgument(cursor: Cursor): Expression {
  const token = cursor.peek();
  if (token?.kind === 'mark' && token.text === '{') return parseGroup(cursor);
  if (!cursor.lenient) throw new ParseFailure('braces missing');
  if (token?.kind !== 'number' || token.text.length === 1) return parseGroup(cursor);
  if (!/^\d+$/.test(token.text)) throw new ParseFailure('no single digit');
  const rest = token.text.slice(1);
  cursor.replace({ ...token, text: rest, value: decimalValue(rest), space: false });
  return whole(Number(token.text[0]));
}

const bigOperator: CommandParser = (cursor, operator) => {
  let lower: Expression | undefined;
  let upper: Expression | undefined;
  for (;;) {
    if (cursor.accept('_')) lower = parseGroup(cursor);
    else if (cursor.accept('^')) upper = parseGroup(cursor);
    else break;
  }
  const body = parseProduct(cursor);
  const step = lower?.kind === 'relation' && lower.rest.length === 1 ? lower.rest[0] : undefined;
  const bound =
    lower?.kind === 'relation' && lower.first.kind === 'symbol' && step?.operator === '='
      ? lower.first.name
      : undefined;
  const variable = bound ?? (lower?.kind === 'relation' && lower.first.kind === 'constant' ? lower.first.name : '');
  const from = variable === '' ? lower : step?.right;
  return { kind: 'big', operator, variable, body, ...(from && { lower: from }), ...(upper && { upper }) };
};

const environments = new Set(['matrix', 'pmatrix', 'bmatrix', 'Bmatrix', 'vmatrix', 'Vmatrix', 'smallmatrix', 'array']);

const matrix: CommandParser = (cursor) => {
  const name = environmentName(cursor);
  if (!environments.has(name)) throw new ParseFailure(`unknown environment ${name}`);
  if (name === 'array' && cursor.isMark('{'))
    while (cursor.next().text !== '}') {
      /* column layout */
    }
  const bars = cursor.bars;
  cursor.bars = 0;
  const rows = parseRows(cursor);
  cursor.bars = bars;
  cursor.next();
  environmentName(cursor);
  const value: Expression = { kind: 'matrix', rows };
  return name === 'vmatrix' ? call('det', value) : value;
};

function environmentName(cursor: Cursor): string {
  cursor.expect('{');
  let name = '';
  while (!cursor.isMark('}')) name += cursor.next().text;
  cursor.next();
  return name;
}

function parseRows(cursor: Cursor): Expression[][] {
  const rows: Expression[][] = [[]];
  while (!cursor.isCommand('end')) {
    if (cursor.accept('\\\\')) {
      if (rows.at(-1)!.length > 0) rows.push([]);
    } else if (!cursor.accept('&')) {
      const before = cursor.mark();
      rows.at(-1)!.push(parseList(cursor));
      if (cursor.mark() === before) throw new ParseFailure('unfinished matrix');
    }
  }
  if (rows.at(-1)!.length === 0) rows.pop();
  if (rows.length === 0 || rows.some((row) => row.length !== rows[0]!.length)) throw new ParseFailure('ragged matrix');
  return rows;
}

/** \overline{z} and other marks over a value. */
const accent: CommandParser = (cursor, name) => {
  const inner = parseGroup(cursor);
  if (name === 'overline' || name === 'bar') return call('conjugate', inner);
  return inner.kind === 'symbol' && name !== 'dot'
    ? symbol(`${name} ${inner.name}`)
    : { kind: 'apply', name, args: [inner] };
};

const blackboard: CommandParser = (cursor) => {
  const inner = parseGroup(cursor);
  const name = inner.kind === 'symbol' ? inner.name : inner.kind === 'constant' ? inner.name : '';
  if (name === '') throw new ParseFailure('a blackboard letter expected');
  return symbol(`ℝ${name}`);
};

const named =
  (name: string): CommandParser =>
  () =>
    symbol(name);

/** \operatorname without braces that the lexer could read as text. */
const operatorName: CommandParser = (cursor) => {
  const value = parseGroup(cursor);
  return startsFactor(cursor) ? { kind: 'apply', name: 'operator', args: [value, parseFactor(cursor)] } : value;
};

const commandParsers: ReadonlyMap<string, CommandParser> = new Map<string, CommandParser>([
  ['frac', frac],
  ['dfrac', frac],
  ['tfrac', frac],
  ['cfrac', frac],
  ['binom', binomial],
  ['dbinom', binomial],
  ['tbinom', binomial],
  ['sqrt', root],
  ['pi', () => ({ kind: 'constant', name: 'π' })],
  ['infty', () => ({ kind: 'constant', name: '∞' })],
  ['emptyset', () => emptySet],
  ['varnothing', () => emptySet],
  ['sum', bigOperator],
  ['prod', bigOperator],
  ['int', bigOperator],
  ['oint', bigOperator],
  ['iint', bigOperator],
  ['lim', bigOperator],
  ['begin', matrix],
  ...['overline', 'bar', 'hat', 'vec', 'tilde', 'widehat', 'overrightarrow', 'dot'].map(
    (name): [string, CommandParser] => [name, accent],
  ),
  ['mathbb', blackboard],
  ['operatorname', operatorName],
  ...['ldots', 'dots', 'cdots', 'dotsm', 'dotsc'].map((name): [string, CommandParser] => [name, named('…')]),
  ...['partial', 'nabla', 'ell', 'hbar', 'aleph', 'triangle', 'square', 'star', 'dagger', 'top', 'bot'].map(
    (name): [string, CommandParser] => [name, named(name)],
  ),
  ['pmod', (cursor) => call('pmod', list([]), parseGroup(cursor))],
]);
