import { elementAt } from '../../../../core/arrays.js';
import type { Node } from '../../../../core/compute/tensor/graph.js';
import { sizeOf } from '../../../../core/compute/tensor/types.js';
import { readAnywhere, type Access } from '../../lower/kernel.js';
import type { Value } from '../../lower/value.js';
import type { KernelSource } from '../source.js';

/** One factor of a product. Along the result it has `rows`: rows of the left factor, columns of the right one. */
export interface Factor {
  readonly value: Value;
  readonly rows: number;
  /** Neighbours in memory are neighbours along the inner extent, else along the result. */
  readonly alongDepth: boolean;
  /**
   * Set where `value` holds f16 (see halves.ts): for every row the power of two by which its elements are multiplied.
   */
  readonly scales?: Value;
}

/** A batched product of matrices in memory: result[r, c] = Σ a[r, d] · b[c, d] over `depth`. */
export interface Product {
  readonly a: Factor;
  readonly b: Factor;
  readonly batch: number;
  readonly depth: number;
}

/** The extents of a product node whose operands are `a` and `b`. */
export function productOf(node: Node, a: Value, b: Value): Product {
  const { shape } = elementAt(node.outputs, 0);
  const [m, n] = shape.slice(-2) as [number, number],
    batch = sizeOf(shape.slice(0, -2));
  return {
    a: { value: a, rows: m, alongDepth: node.attributes['transA'] !== true },
    b: { value: b, rows: n, alongDepth: node.attributes['transB'] === true },
    batch,
    depth: a.size / (batch * m),
  };
}

export const resultSize = ({ a, b, batch }: Product): number => batch * a.rows * b.rows;

/** For labels: the extents, and which operands are stored transposed. */
export function describeProduct({ a, b, batch, depth }: Product): string {
  const extents = `${batch > 1 ? `${batch} of ` : ''}${a.rows}x${depth}x${b.rows}`;
  return `matmul ${a.scales ? 'f16 ' : ''}${extents}${a.alongDepth ? '' : ' Aᵀ'}${b.alongDepth ? ' Bᵀ' : ''}`;
}

export const readsOfProduct = ({ a, b }: Product): Map<Value, Access> =>
  readAnywhere([a, b].flatMap(({ value, scales }) => (scales ? [value, scales] : [value])));

/** Extents of f16 in memory are multiples of these, filled with zeros, so that kernels load whole blocks. */
export const halfRows = 64,
  halfDepth = 32;
export const padded = (extent: number, multiple: number): number => Math.ceil(extent / multiple) * multiple;

/** Index of the first element of the matrix `batch`, as the beginning of a sum. */
export const offsetOf = ({ batch }: Product, size: number): string => (batch > 1 ? `batch * ${size}u + ` : '');

/** A function that gives an expression for one f32 element of a factor. */
export const loaderOf = (source: KernelSource, p: Product, { value, rows, alongDepth }: Factor) => {
  const offset = offsetOf(p, rows * p.depth);
  return (row: string, depth: string): string =>
    source.load(value, `${offset}${alongDepth ? `${row} * ${p.depth}u + ${depth}` : `${depth} * ${rows}u + ${row}`}`);
};

/** An element of the result, as WGSL expressions. */
export interface ResultElement {
  readonly row: string;
  readonly column: string;
  readonly sum: string;
}

/**
 * A statement that passes a sum to `finish` if it is an element of the result. `split` counts partial results that lie
 * behind one another, see split.ts.
 */
export function finishElement(source: KernelSource, p: Product, { row, column, sum }: ResultElement): string {
  const { a, b } = p;
  const index = `split * ${resultSize(p)}u + ${offsetOf(p, a.rows * b.rows)}${row} * ${b.rows}u + ${column}`;
  const value = rescaled(source, p, { row, column, sum });
  return `if (${row} < ${a.rows}u && ${column} < ${b.rows}u) { finish(${index}, ${value}); }`;
}

/** A sum multiplied by the scales of its row and column, if the factors are f16. */
function rescaled(source: KernelSource, p: Product, { row, column, sum }: ResultElement): string {
  const { a, b } = p;
  if (!a.scales || !b.scales) return sum;
  const rowScale = source.load(a.scales, `${offsetOf(p, padded(a.rows, halfRows))}${row}`),
    columnScale = source.load(b.scales, `${offsetOf(p, padded(b.rows, halfRows))}${column}`);
  return `rescaled(${sum}, ${rowScale}, ${columnScale})`;
}
