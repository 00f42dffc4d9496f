import { call, number, product, type Expression } from '../expression.js';
import type { Grammar } from './grammar.js';

/** C_6^3, read behind the letter: 3 of 6, as Chinese textbooks write it; A_6^3 in order. */
export function parseChoice({ cursor }: Grammar, letter: string): Expression | undefined {
  if ((letter !== 'C' && letter !== 'A') || !cursor.isMark('_') || !cursor.isMark('^', 2)) return undefined;
  const [total, chosen] = [cursor.peek(1), cursor.peek(3)];
  if (total?.kind !== 'number' || chosen?.kind !== 'number' || total.value.n <= chosen.value.n) return undefined;
  cursor.skip(4);
  const combinations = call('binom', number(total.value), number(chosen.value));
  return letter === 'C' ? combinations : product([combinations, call('factorial', number(chosen.value))]);
}

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
