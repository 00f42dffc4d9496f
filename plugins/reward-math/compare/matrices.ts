import { LimitReached } from '../budget.js';
import { mapChildren, product, sum, type Expression, type Matrix } from '../expression.js';

/** Carries out products of a number and a matrix, of two matrices, and sums of matrices, so that entries can be compared. */
export function multiplyOut(e: Expression): Expression {
  const inner = mapChildren(e, multiplyOut);
  // Entries of a product double in size with each matrix, so their number is limited.
  if (inner.kind === 'product' && inner.factors.filter(isMatrix).length > maxMatrices)
    throw new LimitReached('matrix factors');
  if (inner.kind === 'product')
    return inner.factors.some(isMatrix) ? inner.factors.slice(1).reduce(times, inner.factors[0]!) : inner;
  if (inner.kind === 'sum' && inner.terms.every(isMatrix))
    return inner.terms.slice(1).reduce<Expression>(plus, inner.terms[0]!);
  return inner;
}

const maxMatrices = 6;

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
  const inner = b.rows.length;
  if (a.rows[0]!.length !== inner || inner > 8) return product([a, b]);
  const rows = a.rows.map((row) =>
    b.rows[0]!.map((_, column) => sum(row.map((entry, k) => product([entry, b.rows[k]![column]!])))),
  );
  return { kind: 'matrix', rows };
}

function plus(a: Expression, b: Expression): Expression {
  if (!isMatrix(a) || !isMatrix(b) || a.rows.length !== b.rows.length || a.rows[0]!.length !== b.rows[0]!.length)
    return sum([a, b]);
  return { kind: 'matrix', rows: a.rows.map((row, r) => row.map((entry, c) => sum([entry, b.rows[r]![c]!]))) };
}
