import { call, list, type Bracket, type Expression } from '../expression.js';
import { parseBuilder } from './builders.js';
import { parseSystem } from './commands/environments.js';
import type { Grammar } from './grammar.js';
import { ParseFailure } from './tokens.js';

const closings: ReadonlyMap<string, readonly string[]> = new Map([
  ['(', [')', ']']],
  ['[', [']', ')']],
  ['\\{', ['\\}']],
  ['{', ['}']],
  ['⟨', ['⟩']],
  ['|', ['|']],
  ['∣', ['∣', '|']],
  ['‖', ['‖']],
  ['⌊', ['⌋']],
  ['⌈', ['⌉']],
]);
const currency = 'currency';

export function parseBracket(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const open = cursor.next();
  if (open.text.startsWith(currency)) return parseCurrency(grammar, open.text.slice(currency.length));
  const closing = open.kind === 'mark' ? closings.get(open.text) : undefined;
  if (closing === undefined) throw new ParseFailure(`unexpected ${open.text}`);
  if (open.text === '\\{') {
    const special = parseSystem(grammar) ?? parseBuilder(grammar);
    if (special !== undefined) return special;
  }
  const bars = cursor.bars;
  cursor.bars = ['|', '‖', '∣'].includes(open.text) ? 1 : 0;
  const inner = grammar.startsItem() ? grammar.list() : list([]);
  const close = cursor.expect(...closing);
  cursor.bars = bars;
  return bracketed(open.text, close, inner);
}

function bracketed(open: string, close: string, inner: Expression): Expression {
  switch (open) {
    case '|':
    case '‖':
    case '∣':
      return call('abs', inner);
    case '⌊':
      return call('floor', inner);
    case '⌈':
      return call('ceil', inner);
    case '{':
      if (inner.kind === 'list' && inner.items.length === 0) throw new ParseFailure('an empty group');
      return inner;
    default:
      return listed(open, close, inner);
  }
}

function listed(open: string, close: string, inner: Expression): Expression {
  const single = inner.kind !== 'list' || inner.open !== '';
  if (open === '(' && close === ')' && single) return inner;
  if (inner.kind === 'matrix' && open !== '\\{') return inner;
  const items = single ? [inner] : inner.items;
  if (open === '⟨') return list(items, '(', ')');
  return list(items, open.replace('\\', '') as Bracket, close.replace('\\', '') as Bracket);
}

/** $5: the sign is a unit in front. */
function parseCurrency(grammar: Grammar, sign: string): Expression {
  return { kind: 'unit', value: grammar.signed(), unit: sign };
}
