/* eslint-disable @typescript-eslint/no-non-null-assertion -- inner loops over typed arrays */
import type { Node } from '../graph.js';
import { stridesOf, type Shape } from '../types.js';

/** Values of one tensor in row-major order: doubles whatever the dtype; i32 holds integers, bool 0 and 1. */
export type Values = Float64Array;

/** Computes the one output of a primitive. Must not change its inputs; may return one of them. */
export type Kernel = (node: Node, inputs: readonly Values[]) => Values;

/**
 * Offset of every element of a row-major walk over `shape` that starts at `start` and moves `steps[i]` elements along
 * axis i.
 */
export function walkOffsets(shape: Shape, steps: readonly number[], start = 0): Int32Array {
  let offsets = Int32Array.of(start);
  for (const [axis, extent] of shape.entries()) {
    const next = new Int32Array(offsets.length * extent);
    const step = steps[axis]!;
    for (let i = 0; i < offsets.length; i++)
      for (let k = 0; k < extent; k++) next[i * extent + k] = offsets[i]! + k * step;
    offsets = next;
  }
  return offsets;
}

/** Steps of a walk over `out` that reads a tensor of shape `from` broadcast to it. */
export function broadcastSteps(from: Shape, out: Shape): number[] {
  const strides = stridesOf(from),
    missing = out.length - from.length;
  return out.map((_, i) => (i < missing || from[i - missing] === 1 ? 0 : strides[i - missing]!));
}

/** The elements of `x` at `offsets`, in their order. */
export function pickAt(x: Values, offsets: Int32Array): Values {
  const out = new Float64Array(offsets.length);
  for (let i = 0; i < out.length; i++) out[i] = x[offsets[i]!]!;
  return out;
}
