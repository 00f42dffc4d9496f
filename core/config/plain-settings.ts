import { notPlain } from './errors.js';

/** More levels and values than any configuration has; YAML can repeat a part so often that no memory holds it. */
const maxDepth = 64;
const maxValues = 1e6;

/**
 * A copy of the settings that code or a file states: null, booleans, numbers, texts, lists, and plain objects of them;
 * keys without a value are left out. Throws ORZ_CONFIG_INVALID for anything else, for a cycle, and for code that throws
 * when it is asked for a value. `label` is who states them.
 */
export function plainSettings(stated: unknown, label: string): unknown {
  let left = maxValues;
  const copy = (value: unknown, path: string, depth: number): unknown => {
    if (depth > maxDepth) throw notPlain(path.slice(0, 80), 'nested without end', label);
    if (--left < 0) throw notPlain(path, `part of more than ${maxValues.toLocaleString('en-US')} values`, label);
    if (Array.isArray(value)) return value.map((entry, i) => copy(entry, join(path, String(i)), depth + 1));
    if (!isPlainObject(value)) return isScalar(value) ? value : refuse(path, value, label);
    const entries = entriesOf(value, path, label).filter(([, inner]) => inner !== undefined);
    return Object.fromEntries(entries.map(([key, inner]) => [key, copy(inner, join(path, key), depth + 1)]));
  };
  return copy(stated, '', 0);
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

const isScalar = (value: unknown): boolean =>
  value === null || value === undefined || ['boolean', 'number', 'string'].includes(typeof value);

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  // A module, or an object that was made elsewhere, has no prototype or another one of the same form.
  const prototype: unknown = Object.getPrototypeOf(value);
  return typeof prototype !== 'object' || prototype === null || Object.getPrototypeOf(prototype) === null;
}

function entriesOf(value: object, path: string, label: string): [string, unknown][] {
  try {
    return Object.entries(value);
  } catch (cause) {
    throw notPlain(path, `code that throws: ${String(cause)}`, label);
  }
}

function refuse(path: string, value: unknown, label: string): never {
  const kind = typeof value === 'object' ? (value?.constructor?.name ?? 'object') : typeof value;
  throw notPlain(path, `of type ${kind}`, label);
}
