import { Mismatch } from './errors.js';
import { describeValue, typedArrayName } from './safe-text.js';

/**
 * What a value of a plugin must be. A shape returns the value to go on with (the same, or a copy that a plugin cannot
 * change any more) and throws {@link Mismatch} at `path`.
 */
export type Shape<T = unknown> = (value: unknown, path: string) => T;

const mismatch = (path: string, value: unknown, due: string): Mismatch => new Mismatch(path, describeValue(value), due);

/** Refuses the value. */
export function refuse(path: string, value: unknown, due: string): never {
  throw mismatch(path, value, due);
}

export const anything: Shape = (value) => value;

export const text: Shape<string> = (value, path) => (typeof value === 'string' ? value : refuse(path, value, 'a text'));

export const name: Shape<string> = (value, path) =>
  typeof value === 'string' && value !== '' ? value : refuse(path, value, 'a text that is not empty');

export const flag: Shape<boolean> = (value, path) =>
  typeof value === 'boolean' ? value : refuse(path, value, 'true or false');

export const finite: Shape<number> = (value, path) =>
  typeof value === 'number' && Number.isFinite(value) ? value : refuse(path, value, 'a finite number');

export const notNegative: Shape<number> = (value, path) =>
  finite(value, path) >= 0 ? Number(value) : refuse(path, value, 'a finite number, at least 0');

/** A whole number of at least `least` and at most `most`. */
export const whole =
  (least = 0, most = Number.MAX_SAFE_INTEGER): Shape<number> =>
  (value, path) => {
    const due = `a whole number from ${least}${most === Number.MAX_SAFE_INTEGER ? ' on' : ` to ${most}`}`;
    return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most
      ? Number(value)
      : refuse(path, value, due);
  };

export const oneOf =
  <T extends string>(allowed: readonly T[]): Shape<T> =>
  (value, path) =>
    allowed.find((known) => known === value) ?? refuse(path, value, allowed.join(' or '));

export const optional =
  <T>(shape: Shape<T>): Shape<T | undefined> =>
  (value, path) =>
    value === undefined ? undefined : shape(value, path);

export const functionShape: Shape = (value, path) =>
  typeof value === 'function' ? value : refuse(path, value, 'a function');

/** A value that is there at once. */
export const notAPromise: Shape = (value, path) => {
  if (typeof value !== 'object' || value === null || typeof (value as { then?: unknown }).then !== 'function')
    return value;
  // That it may reject as well is of no interest then.
  Promise.resolve(value as PromiseLike<unknown>).catch(() => undefined);
  return refuse(path, value, 'a result at once, no promise');
};

/** An object, or a function with members; never null. */
export const object: Shape<Record<string, unknown>> = (value, path) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && typedArrayName(value) === undefined
    ? (value as Record<string, unknown>)
    : refuse(path, value, 'an object');

/** A copy of an array with each member checked; `length`, if given, is how many there must be. */
export const list =
  <T>(member: Shape<T>, length?: number): Shape<T[]> =>
  (value, path) => {
    if (!Array.isArray(value)) return refuse(path, value, length === undefined ? 'an array' : `an array of ${length}`);
    if (length !== undefined && value.length !== length) return refuse(path, value, `an array of ${length}`);
    return Array.from(value, (entry: unknown, i) => member(entry, `${path}[${i}]`));
  };

/** A copy of an object used as a dictionary. */
export const dictionary =
  <T>(member: Shape<T>): Shape<Record<string, T>> =>
  (value, path) =>
    Object.fromEntries(
      Object.entries(object(value, path)).map(([key, entry]) => [key, member(entry, join(path, key))]),
    );

type Fields = Readonly<Record<string, Shape>>;

/** A copy of an object with the listed members checked, the others as they are; read once, so that getters are done. */
export const record =
  (fields: Fields): Shape<Record<string, unknown>> =>
  (value, path) => {
    const copy: Record<string, unknown> = { ...object(value, path) };
    for (const [key, shape] of Object.entries(fields)) {
      const checked = shape(key in copy ? copy[key] : (value as Record<string, unknown>)[key], join(path, key));
      if (checked !== undefined) copy[key] = checked;
    }
    return copy;
  };

/** The object itself, with the listed members checked: for what its maker must get back as it is. */
export const having =
  (fields: Fields): Shape<object> =>
  (value, path) => {
    const whole = object(value, path);
    for (const [key, shape] of Object.entries(fields)) shape(whole[key], join(path, key));
    return whole;
  };

export const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

const plainPrototypes: readonly unknown[] = [Float32Array.prototype, Int32Array.prototype];

/** A real typed array: neither a proxy nor of a subclass, whose length and numbers may be anything. */
function typedArray<T extends Float32Array | Int32Array>(kind: string, length: number | undefined): Shape<T> {
  const due = length === undefined ? `a ${kind}` : `a ${kind} of ${length}`;
  return (value, path) => {
    const real = typedArrayName(value) === kind && plainPrototypes.includes(Object.getPrototypeOf(value));
    if (!real || (length !== undefined && (value as T).length !== length)) return refuse(path, value, due);
    return value as T;
  };
}

export const floats = (length?: number): Shape<Float32Array> => typedArray<Float32Array>('Float32Array', length);
export const integers = (length?: number): Shape<Int32Array> => typedArray<Int32Array>('Int32Array', length);

/** One Float32Array per rollout, of the length given for it. */
export const rows =
  (lengths: readonly number[]): Shape<Float32Array[]> =>
  (value, path) => {
    const whole = list(anything, lengths.length)(value, path);
    return whole.map((row, b) => floats(lengths[b])(row, `${path}[${b}]`));
  };

/** Token ids from 0 up to, not including, `vocabulary`. */
export const tokenIds =
  (vocabulary: number): Shape<Int32Array> =>
  (value, path) => {
    const ids = integers()(value, path);
    const bad = ids.findIndex((id) => id < 0 || id >= vocabulary);
    return bad < 0 ? ids : refuse(`${path}[${bad}]`, ids[bad], `a token id from 0 to ${vocabulary - 1}`);
  };

/** Numbers of a tensor, whatever their type. */
export const typedData =
  (length: number): Shape =>
  (value, path) =>
    typedArrayName(value) !== undefined && (value as ArrayLike<unknown>).length === length
      ? value
      : refuse(path, value, `a typed array of ${length}`);
