import { join, list, refuse, type Shape } from './shapes.js';

/** Levels of nesting beyond which a value is refused; a cycle is deeper than any. */
const deepest = 64;

/** A copy of data that JSON keeps exactly: null, booleans, finite numbers, texts, arrays, and plain objects of them. */
export const plainJson: Shape = (value, path) => copyOf(value, path, 0);

function copyOf(value: unknown, path: string, depth: number): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (depth > deepest)
    return refuse(path.slice(0, 80), value, `plain JSON of at most ${deepest} levels, without cycles`);
  if (Array.isArray(value)) return list((entry, at) => copyOf(entry, at, depth + 1))(value, path);
  if (!isPlainObject(value)) return refuse(path, value, 'plain JSON');
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(entries.map(([key, entry]) => [key, copyOf(entry, join(path, key), depth + 1)]));
}

/** The same JSON, so that nobody it is lent to can change it. */
export function deepFrozen(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json;
  for (const entry of Object.values(json)) deepFrozen(entry);
  return Object.freeze(json);
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || isForeignPlain(prototype);
}

/** `Object.prototype` of another realm: user code may run in a context of its own. */
const isForeignPlain = (prototype: unknown): boolean =>
  typeof prototype === 'object' &&
  prototype !== null &&
  Object.getPrototypeOf(prototype) === null &&
  Object.hasOwn(prototype, 'isPrototypeOf');
