import { call, product, type Expression } from '../expression.js';
import type { Grammar } from './grammar.js';

/** {}_5C_2 and {}_5P_2, with the braces or without. */
export function parseCombinations(grammar: Grammar): Expression | undefined {
  const { cursor } = grammar;
  const braces = cursor.isMark('{') && cursor.isMark('}', 1) ? 2 : 0;
  if (!cursor.isMark('_', braces) && !cursor.isMark('^', braces)) return undefined;
  const start = cursor.mark();
  cursor.skip(braces + 1);
  const total = grammar.group();
  const letter = cursor.peek();
  if (letter?.kind === 'letter' && (letter.text === 'C' || letter.text === 'P') && cursor.isMark('_', 1)) {
    cursor.skip(2);
    const chosen = grammar.group();
    const combinations = call('binom', total, chosen);
    return letter.text === 'C' ? combinations : product([combinations, call('factorial', chosen)]);
  }
  cursor.reset(start);
  return undefined;
}
