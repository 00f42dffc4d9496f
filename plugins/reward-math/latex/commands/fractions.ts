import { call, number, power, whole, type Expression } from '../../expression.js';
import { rational } from '../../numeric/rational.js';
import { fraction } from '../fractions.js';
import type { Grammar } from '../grammar.js';
import { decimalValue } from '../numerals.js';
import { ParseFailure } from '../tokens.js';

const half = number(rational(1n, 2n));

export function frac(grammar: Grammar): Expression {
  const top = parseArgument(grammar);
  return fraction(top, parseArgument(grammar));
}

export function binomial(grammar: Grammar): Expression {
  const top = parseArgument(grammar);
  return call('binom', top, parseArgument(grammar));
}

export function root(grammar: Grammar): Expression {
  const { cursor } = grammar;
  if (!cursor.accept('[')) return power(parseRadicand(grammar), half);
  const index = grammar.sum();
  cursor.expect(']');
  return call('root', parseRadicand(grammar), index);
}

/** √2 takes the whole number behind it, √(…) the bracket. */
function parseRadicand(grammar: Grammar): Expression {
  return grammar.cursor.isMark('{') || grammar.cursor.lenient ? grammar.group() : parseArgument(grammar);
}

/** An argument of \frac: a group or one token, where a number gives only its first digit. */
function parseArgument(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const token = cursor.peek();
  if (cursor.isMark('{')) return grammar.group();
  if (!cursor.lenient) throw new ParseFailure('braces missing');
  if (token?.kind !== 'number' || token.text.length === 1) return grammar.group();
  if (!/^\d+$/.test(token.text)) throw new ParseFailure('no single digit');
  const rest = token.text.slice(1);
  cursor.replace({ ...token, text: rest, value: decimalValue(rest), space: false });
  return whole(Number(token.text.slice(0, 1)));
}
