import { partOf } from './part.js';
import { isPlainObject } from './plain-json.js';

/** What is handed to plugins: containers are frozen, typed arrays (which cannot be) are compared afterwards. */

/** Freezes plain objects and arrays all the way down; typed arrays and instances of classes stay as they are. */
export function frozen<T>(value: T): T {
  if (Object.isFrozen(value) || !isContainer(value)) return value;
  Object.freeze(value);
  for (const member of Object.values(value)) frozen(member);
  return value;
}

/** A number that changes if any bit of a typed array in the value changes; one pass, no copies. */
export function fingerprint(value: unknown): number {
  let hash = 0x811c9dc5;
  for (const array of arraysIn(value, [], 0)) {
    const bits = new Uint32Array(array.buffer, array.byteOffset, array.length);
    for (let i = 0; i < bits.length; i++) hash = Math.imul(hash ^ (bits[i] ?? 0), 0x01000193);
  }
  return hash >>> 0;
}

const isContainer = (value: unknown): value is object =>
  (Array.isArray(value) || isPlainObject(value)) && partOf(value) === undefined;

type Words = Float32Array | Int32Array;

/** Batches nest a few levels: [B] records with typed arrays in them. */
const deepest = 6;

function arraysIn(value: unknown, found: Words[], depth: number): Words[] {
  if (value instanceof Float32Array || value instanceof Int32Array) found.push(value);
  else if (depth < deepest && isContainer(value))
    for (const member of Object.values(value)) arraysIn(member, found, depth + 1);
  return found;
}
