import { number, product, sum, type Expression, type List } from '../expression.js';
import { decimalValue } from './numerals.js';
import { knownUnit } from './units.js';

/** "2 hours and 15 minutes" is one measure: items of one dimension, each in a smaller unit than the one before. */
export function joinMeasures(items: List): List | Expression {
  if (items.joint === 'or' || items.items.length < 2) return items;
  return joined(items.items) ?? items;
}

/** The sum of measures of one dimension in falling units, in the last unit; undefined if they are something else. */
export function joined(items: readonly Expression[]): Expression | undefined {
  const measures = items.map((item) => (item.kind === 'unit' ? { ...item, known: knownUnit(item.unit) } : undefined));
  const last = measures.at(-1);
  if (last?.known === undefined) return undefined;
  const terms: Expression[] = [];
  let size = Infinity;
  for (const measure of measures) {
    if (measure?.known?.dimension !== last.known.dimension || measure.known.size >= size) return undefined;
    size = measure.known.size;
    terms.push(product([measure.value, number(decimalValue((size / last.known.size).toFixed(9)))]));
  }
  return { kind: 'unit', value: sum(terms), unit: last.unit };
}
