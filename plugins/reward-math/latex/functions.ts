import { call, negated, number, power, product, sum, type Expression } from '../expression.js';
import { parseArguments } from './arguments.js';
import type { Grammar } from './grammar.js';
import { functions, inverseOf } from './tables/functions.js';
import { ParseFailure } from './tokens.js';

const i: Expression = { kind: 'constant', name: 'i' };

/** sin, log and the like, with the power or base written between name and argument. */
export function parseFunction(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const written = cursor.next().text;
  let name = functions.get(written) ?? written;
  let base: Expression | undefined;
  let exponent: Expression | undefined;
  for (;;) {
    if (cursor.accept('_')) base = grammar.group();
    else if (cursor.accept('^')) exponent = grammar.group();
    else break;
  }
  const inverse = exponent !== undefined && isMinusOne(exponent) ? inverseOf.get(name) : undefined;
  if (inverse !== undefined) [name, exponent] = [inverse, undefined];
  const value = called(name, functionArguments(grammar), base);
  return exponent === undefined ? value : power(value, exponent);
}

function isMinusOne(e: Expression): boolean {
  return (
    e.kind === 'product' &&
    e.factors.length === 2 &&
    e.factors.every((factor) => factor.kind === 'number' && factor.value.d === 1n && factor.value.n ** 2n === 1n)
  );
}

function called(name: string, args: readonly Expression[], base: Expression | undefined): Expression {
  if (name === 'log') return call('log', ...args, base ?? number({ n: 10n, d: 1n }));
  if (name === 'cis') return sum([call('cos', ...args), product([i, call('sin', ...args)])]);
  return call(name, ...args, ...(base ? [base] : []));
}

/** The bracket behind the name, or the run of factors up to the next sign or function. */
function functionArguments(grammar: Grammar): readonly Expression[] {
  const { cursor } = grammar;
  if (cursor.isMark('\\{') || cursor.isMark('[')) {
    const inner = grammar.bracket();
    return inner.kind === 'list' ? inner.items : [inner];
  }
  if (cursor.isMark('(')) {
    const args = parseArguments(grammar);
    if (args !== undefined) return args;
    throw new ParseFailure('unclosed argument');
  }
  return cursor.deeper(() => {
    const negative = cursor.accept('-');
    const factors = [grammar.factor()];
    while (grammar.startsFactor() && !endsArgument(grammar)) factors.push(grammar.factor());
    return [negative ? negated(product(factors)) : product(factors)];
  });
}

/** Another function, a square bracket, and in an integral dx, end the run. */
function endsArgument({ cursor }: Grammar): boolean {
  const token = cursor.peek();
  if (cursor.isMark('[')) return true;
  if (cursor.integrals > 0 && token?.kind === 'letter' && token.text === 'd') return cursor.peek(1)?.kind === 'letter';
  return token?.kind === 'command' && functions.has(token.text);
}
