import { LimitReached } from '../budget.js';
import { mapChildren, product, sum, type Expression, type Matrix } from '../expression.js';

const maxMatrices = 6;
const maxSize = 8;

/** Carries out products of a number and a matrix, of two matrices, and sums of matrices: entries can be compared. */
export function multiplyOut(e: Expression): Expression {
  const inner = mapChildren(e, multiplyOut);
  if (inner.kind === 'product') return multiplied(inner.factors) ?? inner;
  if (inner.kind !== 'sum') return inner;
  const [first, ...others] = inner.terms.filter(isMatrix);
  if (first === undefined || others.length + 1 < inner.terms.length) return inner;
  return others.reduce<Expression>(plus, first);
}

/** The product of factors among which there is a matrix. */
function multiplied(factors: readonly Expression[]): Expression | undefined {
  const matrices = factors.filter(isMatrix).length;
  // Entries of a product double in size with each matrix, so their number is limited.
  if (matrices > maxMatrices) throw new LimitReached('matrix factors');
  const [first, ...others] = factors;
  return first === undefined || matrices === 0 ? undefined : others.reduce(times, first);
}

function isMatrix(e: Expression): e is Matrix {
  return e.kind === 'matrix';
}

function times(a: Expression, b: Expression): Expression {
  if (isMatrix(a) && isMatrix(b)) return matrixProduct(a, b);
  if (isMatrix(a)) return scaled(a, b);
  return isMatrix(b) ? scaled(b, a) : product([a, b]);
}

function scaled(matrix: Matrix, factor: Expression): Expression {
  return { kind: 'matrix', rows: matrix.rows.map((row) => row.map((entry) => product([factor, entry]))) };
}

function matrixProduct(a: Matrix, b: Matrix): Expression {
  const [firstRow = []] = b.rows;
  const columns = firstRow.map((_, column) => b.rows.flatMap((row) => row.slice(column, column + 1)));
  if (b.rows.length > maxSize || a.rows.some((row) => row.length !== b.rows.length)) return product([a, b]);
  return { kind: 'matrix', rows: a.rows.map((row) => columns.map((column) => scalarProduct(row, column))) };
}

function scalarProduct(row: readonly Expression[], column: readonly Expression[]): Expression {
  return sum(column.map((entry, k) => product([...row.slice(k, k + 1), entry])));
}

function plus(a: Expression, b: Expression): Expression {
  if (!isMatrix(a) || !isMatrix(b) || !sameShape(a, b)) return sum([a, b]);
  const rows = a.rows.map((row, r) => row.map((entry, c) => sum([entry, ...(b.rows[r] ?? []).slice(c, c + 1)])));
  return { kind: 'matrix', rows };
}

function sameShape(a: Matrix, b: Matrix): boolean {
  return a.rows.length === b.rows.length && a.rows.every((row, r) => row.length === b.rows[r]?.length);
}
