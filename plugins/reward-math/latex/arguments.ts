import { list, type Expression } from '../expression.js';
import type { Grammar } from './grammar.js';

/** The arguments in the round brackets that come next; undefined if the brackets do not close. */
export function parseArguments(grammar: Grammar): readonly Expression[] | undefined {
  const { cursor } = grammar;
  cursor.expect('(');
  const inner = grammar.startsItem() ? grammar.list() : list([]);
  if (!cursor.accept(')')) return undefined;
  return inner.kind === 'list' && inner.open === '' ? inner.items : [inner];
}
