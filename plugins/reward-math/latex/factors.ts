import { call, list, negated, number, symbol, type Expression } from '../expression.js';
import { parseArguments } from './arguments.js';
import { parseCommand } from './commands/commands.js';
import { parseChoice, parseCombinations } from './combinations.js';
import { parseFunction } from './functions.js';
import type { Grammar } from './grammar.js';
import { lettersPrimes } from './primes.js';
import { parseSuffixes } from './suffixes.js';
import { subscriptText } from './subscripts.js';
import { functions } from './tables/functions.js';
import { words } from './tables/table.js';
import { ParseFailure } from './tokens.js';

/** One factor with its suffixes: power, factorial, percent, degree, unit. */
export function parseFactor(grammar: Grammar): Expression {
  return grammar.cursor.deeper(() => parseSuffixes(grammar, parsePrimary(grammar)));
}

export function parsePrimary(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const token = cursor.peek();
  switch (token?.kind) {
    case 'number':
      cursor.next();
      return number(token.value, token.decimal);
    case 'letter':
      return parseLetter(grammar);
    case 'text':
      cursor.next();
      return { kind: 'text', text: token.text };
    case 'command':
      return functions.has(token.text) ? parseFunction(grammar) : parseCommand(grammar);
    default:
      return parseCombinations(grammar) ?? grammar.bracket();
  }
}

const constants: ReadonlyMap<string, Expression> = new Map([
  ['e', { kind: 'constant', name: 'e' }],
  ['i', { kind: 'constant', name: 'i' }],
]);
/** Letters that name functions when a bracket follows; other letters are multiplied. */
const functionLetters = words('f g h F G H phi varphi Phi psi Psi Gamma zeta');

function parseLetter(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const letter = cursor.next();
  const chosen = parseChoice(grammar, letter.text);
  if (chosen !== undefined) return chosen;
  let name = letter.text;
  if (cursor.accept('_')) name += `_${subscriptText(cursor)}`;
  name += lettersPrimes(cursor);
  return parseApplication(grammar, name) ?? constants.get(name) ?? symbol(name);
}

/** f(x), W(n) = …, P(A): a letter that is applied to the bracket behind it. */
function parseApplication(grammar: Grammar, name: string): Expression | undefined {
  const { cursor } = grammar;
  const bracket = cursor.peek();
  if (!cursor.isMark('(') || bracket?.space === true) return undefined;
  const start = cursor.mark();
  const args = parseArguments(grammar);
  if (args !== undefined && isApplied(grammar, name, args)) return application(name, args);
  cursor.reset(start);
  return undefined;
}

function isApplied({ cursor }: Grammar, name: string, args: readonly Expression[]): boolean {
  const [only] = args;
  if (functionLetters.has(name) || functionLetters.has(name.slice(0, 1)) || args.length > 1) return true;
  if (only?.kind === 'symbol') return cursor.isMark('=');
  // I(0) and P(3): nobody writes a product with a number behind it like that.
  return only?.kind === 'number' && (only.value.n === 0n || /^[A-Z]$/.test(name));
}

/** Special functions have values, f and g do not. */
function application(name: string, args: readonly Expression[]): Expression {
  const [only] = args;
  if (name === 'Gamma' && args.length === 1) return call('gamma', ...args);
  if (name === 'zeta' && args.length === 1) return call('zeta', ...args);
  if (name === 'C' && args.length === 2) return call('binom', ...args);
  if (name === 'B' && args.length === 2) return call('beta', ...args);
  const counted = only?.kind === 'number' && only.value.d === 1n && only.value.n > 0n;
  if ((name === 'phi' || name === 'varphi') && args.length === 1 && counted) return call('totient', ...args);
  return { kind: 'apply', name, args };
}

/** What stands in braces, or the single token instead of it. */
export function parseGroup(grammar: Grammar): Expression {
  const { cursor } = grammar;
  if (cursor.accept('{')) {
    const inner = grammar.startsItem() ? grammar.list() : list([]);
    cursor.expect('}');
    return inner;
  }
  if (cursor.accept('-')) return negated(parseGroup(grammar));
  const token = cursor.peek();
  switch (token?.kind) {
    case 'number':
    case 'text':
      return parsePrimary(grammar);
    case 'letter':
      cursor.next();
      return constants.get(token.text) ?? symbol(token.text);
    case 'command':
      return cursor.deeper(() => parsePrimary(grammar));
    case 'mark':
      if (['(', '|', '‖'].includes(token.text)) return grammar.bracket();
      break;
    default:
  }
  throw new ParseFailure(`unexpected ${token?.text ?? 'end'}`);
}
