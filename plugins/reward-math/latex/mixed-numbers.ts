import { number, type Expression } from '../expression.js';
import { add, rational, type Rational } from '../numeric/rational.js';
import type { Grammar } from './grammar.js';
import { parseSuffixes } from './suffixes.js';
import { words } from './tables/table.js';

const fractionCommands = words('frac dfrac tfrac cfrac');

/** 4\frac{8}{21} and "4 8/21": a whole number directly before a proper fraction of whole numbers is their sum. */
export function parseMixed(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const whole = cursor.peek();
  if (whole?.kind !== 'number' || whole.value.d !== 1n || whole.decimal) return grammar.factor();
  const start = cursor.mark();
  cursor.next();
  const fraction = properFraction(grammar);
  if (fraction !== undefined) return parseSuffixes(grammar, number(add(whole.value, fraction)));
  cursor.reset(start);
  return grammar.factor();
}

function properFraction(grammar: Grammar): Rational | undefined {
  const { cursor } = grammar;
  const token = cursor.peek();
  if (token?.kind === 'number') return token.space ? slashedFraction(grammar) : undefined;
  if (token?.kind !== 'command' || !fractionCommands.has(token.text)) return undefined;
  const value = grammar.primary();
  if (value.kind !== 'product' || value.factors.length !== 2 || cursor.isMark('^')) return undefined;
  const [top, bottom] = value.factors;
  if (top?.kind !== 'number' || bottom?.kind !== 'power' || bottom.base.kind !== 'number') return undefined;
  return belowOne(top.value.n, bottom.base.value.n);
}

function slashedFraction({ cursor }: Grammar): Rational | undefined {
  const [top, bottom] = [cursor.peek(), cursor.peek(2)];
  if (top?.kind !== 'number' || !cursor.isMark('/', 1) || bottom?.kind !== 'number') return undefined;
  cursor.skip(3);
  return belowOne(top.value.n, bottom.value.n);
}

function belowOne(n: bigint, d: bigint): Rational | undefined {
  return n > 0n && n < d ? rational(n, d) : undefined;
}
