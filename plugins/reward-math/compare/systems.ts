import { list, type Expression, type List } from '../expression.js';
import { isEquation, isName } from './prepare.js';

/** "p = 5, q = 2 and p = 7, q = 2" lists two solutions of a system: names that come round again begin a new one. */
export function groupSystems(e: Expression): Expression {
  if (e.kind !== 'list' || e.open !== '') return e;
  const names = e.items.map((item) =>
    isEquation(item) && isName(item.first) ? JSON.stringify(item.first, plain) : '',
  );
  const period = names.indexOf(names[0] ?? '', 1);
  const repeats = period > 1 && names.length % period === 0 && !names.includes('');
  if (!repeats || names.some((name, k) => name !== names[k % period])) return e;
  const groups = Array.from({ length: names.length / period }, (_, k) => e.items.slice(k * period, (k + 1) * period));
  return list(groups.map((group) => list(group, '(', ')')));
}

function plain(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** [[1, 2], [3, 4]] as a matrix, where the other answer is one. */
export function matrixOfLists(e: Expression, other: Expression): Expression {
  if (other.kind !== 'matrix' || e.kind !== 'list' || e.open !== '[') return e;
  const rows = e.items.flatMap((row) => (row.kind === 'list' && isSquare(row) ? [row.items] : []));
  const [first] = rows;
  const regular = rows.length === e.items.length && rows.every((row) => row.length === first?.length);
  return first !== undefined && regular ? { kind: 'matrix', rows } : e;
}

function isSquare(e: List): boolean {
  return e.open === '[' && e.close === ']';
}
