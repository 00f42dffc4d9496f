import { number, power, product, symbol, type Expression, type Product } from '../expression.js';
import { grouped } from './grouping.js';
import { integer } from '../numeric/rational.js';

/** top / bottom; of two differentials, as in dy/dx, the name of the derivative. */
export function fraction(top: Expression, bottom: Expression): Expression {
  return derivative(top, bottom) ?? product([grouped(top), power(grouped(bottom), number(integer(-1)))]);
}

/** dy/dx is one name, no fraction whose d cancels. */
function derivative(top: Expression, bottom: Expression): Expression | undefined {
  const [y, x] = [differential(top), differential(bottom)];
  if (y === undefined || x === undefined || x.of === '' || y.sign !== x.sign || y.order !== x.order) return undefined;
  return symbol(`d^${y.order} ${y.of}/${x.of}`);
}

interface Differential {
  readonly sign: string;
  readonly of: string;
  readonly order: number;
}

/** d, dy, d^2y, dx^2 with d or ∂. */
function differential(e: Expression): Differential | undefined {
  const factors: Product['factors'] = e.kind === 'product' ? e.factors : [e];
  const [d, variable, more] = factors.map(symbolPower);
  if (d === undefined || !['d', 'partial'].includes(d.name) || factors.length > 2 || more) return undefined;
  if (factors.length === 2 && variable === undefined) return undefined;
  return { sign: d.name, of: variable?.name ?? '', order: Math.max(d.order, variable?.order ?? 1) };
}

function symbolPower(e: Expression): { name: string; order: number } | undefined {
  if (e.kind === 'symbol') return { name: e.name, order: 1 };
  if (e.kind !== 'power' || e.base.kind !== 'symbol' || e.exponent.kind !== 'number') return undefined;
  return { name: e.base.name, order: Number(e.exponent.value.n) };
}
