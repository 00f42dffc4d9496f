import { lengthsDiffer, notFinite, outOfRange } from './errors.js';

/** Numbers of one rollout. */
export type Numbers = Float32Array | Float64Array | readonly number[];

/**
 * Stops the run before non-finite numbers reach an update. `perRollout` is [B][T]; `what` names the tensor in the
 * message, `origin` whoever computed it. Throws ORZ_NOT_FINITE naming the first such rollout (by index) and token.
 */
export function requireFinite(what: string, perRollout: readonly Numbers[], origin?: string): void {
  for (const [b, row] of perRollout.entries()) {
    // An index is several times as fast as an iterator, and this passes over every token of a step.
    for (let t = 0; t < row.length; t++) {
      const x = row[t] ?? NaN;
      if (!Number.isFinite(x)) throw notFinite(what, x, { sample: b, token: t }, origin);
    }
  }
}

/** Throws ORZ_INTERNAL unless both arrays have the same number of entries. */
export function requireSameLength(where: string, a: ArrayLike<unknown>, b: ArrayLike<unknown>): void {
  if (a.length !== b.length) throw lengthsDiffer(where, a.length, b.length);
}

/** Throws ORZ_CONFIG_INVALID unless `value` lies between the two bounds, both included. */
export function requireInRange(name: string, value: number, [low, high]: readonly [number, number]): void {
  if (!(value >= low && value <= high)) throw outOfRange(name, value, [low, high]);
}
