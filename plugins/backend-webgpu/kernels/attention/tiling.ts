import type { Target } from '../../lower/target.js';

/** Invocations of a workgroup along both sides of a tile of scores. */
export const side = 8;
export const invocations = side * side;

/**
 * How a workgroup of 8 × 8 invocations computes a tile of scores between resident rows, which stay in workgroup memory,
 * and streamed rows, of which one tile after the other passes through it: each invocation the scores of `resident` ×
 * `streamed` rows, which it loads once for that many products. Rows are stored in vectors of four elements.
 */
export interface Tiling {
  readonly resident: number;
  readonly streamed: number;
  /** Vectors of a row that have elements. */
  readonly vectors: number;
  /** Vectors of a result row that one invocation sums up. */
  readonly columns: number;
  /** Vectors from one row of a tile to the next: an odd number, so that rows read together lie in different banks. */
  readonly stride: number;
  /** Vectors behind the last row of a tile, which are reached by columns past the last. */
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
/** Bytes of single numbers that kernels declare beside their tiles, with what alignment may add. */
const scalarBytes = 64;

/**
 * The largest tiling whose tiles fit: `tensors` tiles of resident rows, one of streamed rows, the scores, and a number
 * per invocation and resident row. It depends on the width of a head alone, not on lengths, so that equal sequences
 * give equal bits in rows of any length. Undefined for processors, which gain nothing from tiles, and if a head is too
 * wide.
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
  const bytesOf = (resident: number, streamed: number): number => {
    const tiles = 16 * (stride * side * (tensors * resident + streamed) + slack * (tensors + 1));
    return tiles + 4 * invocations * resident * (streamed + 1) + scalarBytes;
  };
  const size = sizes.find(([resident, streamed]) => bytesOf(resident, streamed) <= target.workgroupBytes);
  return size && { resident: size[0], streamed: size[1], vectors, columns, stride, slack };
}
