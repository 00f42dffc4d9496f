import type { Big, Expression } from '../expression.js';
import { show } from '../numeric/rational.js';

/** An expression as text. Canonical expressions are equal exactly when their keys are. */
export function keyOf(e: Expression): string {
  switch (e.kind) {
    case 'number':
      return show(e.value);
    case 'based':
      return `${e.digits}_${e.base}`;
    case 'symbol':
      return e.name;
    case 'constant':
      return e.name;
    case 'sum':
      return `(${e.terms.map(keyOf).join(' + ')})`;
    case 'product':
      return `(${e.factors.map(keyOf).join('·')})`;
    case 'power':
      return `${keyOf(e.base)}^(${keyOf(e.exponent)})`;
    case 'call':
      return `${e.name}(${keys(e.args)})`;
    case 'apply':
      return `${e.name}[${keys(e.args)}]`;
    case 'plusMinus':
      return `(${e.sign === 1 ? '±' : '∓'}${keyOf(e.value)})`;
    case 'big':
      return bigKey(e);
    case 'matrix':
      return `matrix[${e.rows.map(keys).join('; ')}]`;
    case 'list':
      return `${e.open || '‹'}${keys(e.items)}${e.close || '›'}`;
    case 'builder':
      return `{${keyOf(e.element)} | ${keys(e.conditions)}}`;
    case 'setOperation':
      return `(${keyOf(e.left)} ${e.operator} ${keyOf(e.right)})`;
    case 'relation':
      return keyOf(e.first) + e.rest.map((step) => ` ${step.operator} ${keyOf(step.right)}`).join('');
    case 'ratio':
      return e.parts.map(keyOf).join(':');
    case 'text':
      return `"${e.text}"`;
    case 'unit':
      return `${keyOf(e.value)} [${e.unit}]`;
  }
}

function keys(items: readonly Expression[]): string {
  return items.map(keyOf).join(', ');
}

function bigKey({ operator, variable, lower, upper, body }: Big): string {
  const bounds = [lower, upper].map((bound) => (bound ? keyOf(bound) : ''));
  return `${operator}{${[variable, ...bounds, keyOf(body)].join('; ')}}`;
}
