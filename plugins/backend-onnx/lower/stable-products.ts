import { elementAt, lastOf } from '../../../core/arrays.js';
import { sizeOf } from '../../../core/compute/tensor/types.js';
import type { Product } from './fuse-matmul.js';

/** How a product must be handed to ONNX Runtime's CPU kernels so that its bits depend on neither threads nor batch. */
export interface StableForm {
  /** Transpose the left operand into memory and pass it as transposed. */
  readonly transposeA: boolean;
  /** Pass a right operand of one column as a transposed row: its elements lie in the same order. */
  readonly columnAsRow: boolean;
}

/** The kernels give a thread at least this many columns. */
const columnBlock = 16;
/** Inner extents up to this are always summed in one go; also the panel length of wide products. */
const panel = 128;
/** Up to this many columns per thread the kernels use longer panels. */
const narrow = 64;
/** On processors with two kinds of cores the work is cut into four parts per thread. */
const partsPerThread = 4;

/**
 * The kernels sum over K in panels of 128, but in longer ones where a thread has 64 columns or fewer, so the rounding
 * depends on how columns are dealt out: with fewer rows than columns they are divided among the threads. A transposed
 * left operand is always summed in panels of 128, bit for bit as a wide product is. With one column there is a kernel
 * of its own, whose result for a row depends on where a thread's share begins, but only if that column is not passed as
 * a row. Seen as different bits with 1 and 2 threads at 64 × 256 · 256 × 96, and between 64 and 128 rows.
 */
export function stableForm(p: Product, threads: number): StableForm {
  const { m, n, k, batch } = extentsOf(p);
  if (n === 1) return { transposeA: false, columnAsRow: !p.transB };
  if (p.transA || k <= panel) return { transposeA: false, columnAsRow: false };
  const parts = Math.ceil((threads * partsPerThread) / batch);
  return { transposeA: minimumColumns(p, m, n, parts) <= narrow, columnAsRow: false };
}

/** Extents of batched products [m, k] · [k, n]. */
function extentsOf({ a, b, transA, transB }: Product): Record<'m' | 'n' | 'k' | 'batch', number> {
  const [rows, columns] = a.shape.slice(-2) as [number, number];
  return {
    m: transA ? columns : rows,
    k: transA ? rows : columns,
    n: transB ? elementAt(b.shape, b.shape.length - 2) : lastOf(b.shape),
    batch: sizeOf(a.shape.slice(0, -2)),
  };
}

/** The smallest number of columns that a thread may get. */
function minimumColumns(p: Product, m: number, n: number, parts: number): number {
  if (m < n) return minimumShare(n, parts);
  // Rows of a plain product may be a batch of tokens, whose number must not matter; those of a batched one are fixed by
  // the model.
  return p.a.shape.length === 2 ? n : Infinity;
}

/** The smallest number of columns that one of `parts` equal shares of whole blocks can have. */
function minimumShare(n: number, parts: number): number {
  if (parts === 1) return n;
  const blocks = Math.ceil(n / columnBlock);
  return Math.max(1, Math.floor(blocks / parts)) * columnBlock - (columnBlock - 1);
}
