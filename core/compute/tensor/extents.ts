import { noAxis, wrongRank } from './errors.js';
import type { TensorType, Tuple } from './types.js';

/** All extents of a tensor of a known rank, for destructuring; throws ORZ_GRAPH_SHAPE for another rank. */
export function extents<N extends number>(t: TensorType, rank: N): Tuple<number, N> {
  if (t.shape.length !== rank) throw wrongRank(t, rank);
  // The check above is what the compiler cannot see.
  return t.shape as unknown as Tuple<number, N>;
}

/** The extent of one axis, a negative one counted from the end; throws ORZ_GRAPH_SHAPE for an axis the tensor lacks. */
export function extentOf(t: TensorType, axis: number): number {
  const extent = t.shape.at(axis);
  if (extent === undefined) throw noAxis(t, axis);
  return extent;
}
