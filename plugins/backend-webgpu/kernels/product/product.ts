import type { Node } from '../../../../core/compute/tensor/graph.js';
import { sizeOf } from '../../../../core/compute/tensor/types.js';
import type { Access } from '../../lower/kernel.js';
import type { Value } from '../../lower/value.js';
import type { KernelSource } from '../source.js';

/** One factor of a product. Along the result it has `rows`: rows of the left factor, columns of the right one. */
export interface Factor {
  readonly value: Value;
  readonly rows: number;
  /** Neighbours in memory are neighbours along the inner extent, else along the result. */
  readonly alongDepth: boolean;
  /** Set where `value` holds f16 (see halves.ts): for every row the power of two that its elements are to be multiplied with. */
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
  const { shape } = node.outputs[0]!;
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

/** For labels, in the usual notation: which operands are stored transposed. */
export const describeProduct = ({ a, b, batch, depth }: Product): string =>
  `matmul ${a.scales ? 'f16 ' : ''}${batch > 1 ? `${batch} of ` : ''}${a.rows}x${depth}x${b.rows}${a.alongDepth ? '' : ' Aᵀ'}${b.alongDepth ? ' Bᵀ' : ''}`;

export const readsOfProduct = ({ a, b }: Product): Map<Value, Access> =>
  new Map(
    [a, b].flatMap(({ value, scales }) => [value, ...(scales ? [scales] : [])]).map((value) => [value, 'anywhere']),
  );

/** Extents of f16 in memory are multiples of these, filled with zeros, so that kernels load whole blocks. */
export const halfRows = 64,
  halfDepth = 32;
export const padded = (extent: number, multiple: number): number => Math.ceil(extent / multiple) * multiple;

/** Index of the first element of the matrix `batch`, as the beginning of a sum. */
export const offsetOf = ({ batch }: Product, size: number): string => (batch > 1 ? `batch * ${size}u + ` : '');

/** An expression for one f32 element of a factor. */
export const elementOf = (
  source: KernelSource,
  p: Product,
  { value, rows, alongDepth }: Factor,
  row: string,
  depth: string,
): string =>
  source.load(
    value,
    `${offsetOf(p, rows * p.depth)}${alongDepth ? `${row} * ${p.depth}u + ${depth}` : `${depth} * ${rows}u + ${row}`}`,
  );

/** Hands a sum on if it is an element of the result. `split` counts partial results that lie behind one another, see split.ts. */
export const finishOne = (source: KernelSource, p: Product, row: string, column: string, sum: string): string => {
  const { a, b } = p,
    inBatch = (rows: number): string => offsetOf(p, padded(rows, halfRows));
  const scaled =
    a.scales && b.scales
      ? `rescaled(${sum}, ${source.load(a.scales, `${inBatch(a.rows)}${row}`)}, ${source.load(b.scales, `${inBatch(b.rows)}${column}`)})`
      : sum;
  return `if (${row} < ${a.rows}u && ${column} < ${b.rows}u) { finish(split * ${resultSize(p)}u + ${offsetOf(p, a.rows * b.rows)}${row} * ${b.rows}u + ${column}, ${scaled}); }`;
};
