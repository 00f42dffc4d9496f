import { call, type Expression } from '../expression.js';

/**
 * Beside an operator, square brackets and braces around one value group like parentheses. 3\{t - 2\} groups, while
 * \{x\} in a formula is the fractional part.
 */
export function grouped(e: Expression): Expression {
  if (e.kind !== 'list') return e;
  const [only, more] = e.items;
  const closed = (e.open === '[' && e.close === ']') || e.open === '{';
  if (only === undefined || more !== undefined || !closed) return e;
  return e.open === '{' && only.kind !== 'sum' ? call('frac', only) : only;
}
