import type { Target } from '../../lower/unit.js';

/** Invocations of a workgroup along both sides of a tile of scores. */
export const side = 8;
export const invocations = side * side;

/**
 * How a workgroup of 8 × 8 invocations computes a tile of scores between rows that it holds and rows that pass by: each invocation those of
 * `held` × `passing` rows, which it loads once for that many products. Rows are stored in vectors of four elements.
 */
export interface Tiling {
  readonly held: number;
  readonly passing: number;
  /** Vectors of a row that have elements. */
  readonly vectors: number;
  /** Vectors of a result row that one invocation sums up. */
  readonly columns: number;
  /** Vectors from one row of a tile to the next: an odd number, so that rows that are read together lie in different banks. */
  readonly stride: number;
  /** Vectors behind the last row of a tile, where columns past the last reach. */
  readonly slack: number;
}

/** From the largest: the more rows an invocation has, the fewer loads from workgroup memory each product takes. */
const sizes = [
  [4, 4],
  [4, 2],
  [2, 2],
  [2, 1],
  [1, 1],
] as const;
/** Single numbers that kernels declare beside their tiles, with what alignment may add. */
const besides = 64;

/**
 * The largest tiling whose tiles fit: `tensors` tiles of held rows, one of passing rows, the scores, and a number per invocation and held row.
 * It depends on the width of a head alone, not on lengths, so that equal sequences give equal bits in rows of any length. Undefined for processors, which gain
 * nothing from tiles, and if a head is too wide.
 */
export function chooseTiling(
  target: Pick<Target, 'isCpu' | 'workgroupBytes'>,
  width: number,
  tensors: number,
): Tiling | undefined {
  if (target.isCpu) return undefined;
  const vectors = Math.ceil(width / 4),
    columns = Math.ceil(vectors / side),
    stride = vectors % 2 === 0 ? vectors + 1 : vectors,
    slack = side * columns - vectors;
  const bytes = (held: number, passing: number): number =>
    16 * (stride * side * (tensors * held + passing) + slack * (tensors + 1)) + 4 * invocations * held * (passing + 1);
  const size = sizes.find(([held, passing]) => bytes(held, passing) + besides <= target.workgroupBytes);
  return size && { held: size[0], passing: size[1], vectors, columns, stride, slack };
}
