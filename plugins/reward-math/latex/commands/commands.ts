import { symbol, type Expression } from '../../expression.js';
import { emptySet } from '../builders.js';
import type { Grammar } from '../grammar.js';
import { words } from '../tables/table.js';
import { ParseFailure } from '../tokens.js';
import { accent, angle, stacked } from './accents.js';
import { bigOperator } from './big-operators.js';
import { environment } from './environments.js';
import { binomial, frac, root } from './fractions.js';

export type CommandParser = (grammar: Grammar, name: string) => Expression;

/** Reads a command that is no function of the function table. */
export function parseCommand(grammar: Grammar): Expression {
  const name = grammar.cursor.next().text;
  const parser = parsers.get(name);
  if (parser === undefined) throw new ParseFailure(`unknown command \\${name}`);
  return grammar.cursor.deeper(() => parser(grammar, name));
}

const blackboard: CommandParser = (grammar) => {
  const inner = grammar.group();
  if (inner.kind !== 'symbol' && inner.kind !== 'constant') throw new ParseFailure('a blackboard letter expected');
  return symbol(`ℝ${inner.name}`);
};

/** \operatorname without braces that the lexer could read as text. */
const operatorName: CommandParser = (grammar) => {
  const value = grammar.group();
  return grammar.startsFactor() ? { kind: 'apply', name: 'operator', args: [value, grammar.factor()] } : value;
};

const constant =
  (name: 'π' | '∞'): CommandParser =>
  () => ({ kind: 'constant', name });

function each(names: string, parser: CommandParser): [string, CommandParser][] {
  return [...words(names)].map((name) => [name, parser]);
}

const parsers: ReadonlyMap<string, CommandParser> = new Map([
  ...each('frac dfrac tfrac cfrac nicefrac sfrac flatfrac', frac),
  ...each('binom dbinom tbinom', binomial),
  ...each('sqrt', root),
  ...each('pi', constant('π')),
  ...each('infty', constant('∞')),
  ...each('emptyset varnothing', () => emptySet),
  ...each('sum prod int oint iint lim', bigOperator),
  ...each('begin', environment),
  ...each('overline bar hat vec tilde widehat overrightarrow overarc wideparen dot', accent),
  ...each('overset stackrel', stacked),
  ...each('angle measuredangle', angle),
  ...each('mathbb', blackboard),
  ...each('operatorname', operatorName),
  ...each('ldots dots cdots dotsm dotsc', () => symbol('…')),
  ...each('partial nabla ell hbar aleph triangle square star dagger top bot frown', (_, name) => symbol(name)),
]);
