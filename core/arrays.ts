import { indexOutOfRange, unequalLengths } from './errors.js';

/** Helpers for reading arrays that check what an index or a pairing assumes. Not for inner loops over numbers. */

/** The element at `index`; throws ORZ_INTERNAL outside 0 … length − 1. */
export function elementAt<T>(items: ArrayLike<T>, index: number): T {
  if (!Number.isInteger(index) || index < 0 || index >= items.length) throw indexOutOfRange(index, items.length);
  return items[index] as T;
}

/** The last element; throws ORZ_INTERNAL for an empty array. */
export const lastOf = <T>(items: ArrayLike<T>): T => elementAt(items, items.length - 1);

/** Pairs of elements at equal positions; throws ORZ_INTERNAL unless both have the same length. */
export function* zip<A, B>(a: ArrayLike<A>, b: ArrayLike<B>): Generator<[A, B, number]> {
  if (a.length !== b.length) throw unequalLengths(a.length, b.length);
  for (let i = 0; i < a.length; i++) yield [a[i] as A, b[i] as B, i];
}

/** All bytes of the parts, one after the other. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((bytes, { length }) => bytes + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
