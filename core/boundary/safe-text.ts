/**
 * Texts about values of foreign code, for messages. Nothing here throws, whatever the value: getters and `toString`
 * that throw, proxies, frozen or revoked ones, symbols.
 */

/** Characters of a text that are shown. */
const shownCharacters = 60;

/** The value in a few words: `NaN`, `"abc"`, `an array of 3`, `a Float32Array of 7`, `a promise`. */
export function describeValue(value: unknown): string {
  try {
    return describe(value);
  } catch {
    return 'a value that cannot be read';
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'bigint') return `the BigInt ${String(value).slice(0, shownCharacters)}`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  const typedArray = typedArrayName(value);
  if (typedArray !== undefined) return `a ${typedArray} of ${(value as ArrayLike<unknown>).length}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof (value as { then?: unknown }).then === 'function') return 'a promise';
  const name = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null)?.constructor?.name;
  return typeof name === 'string' && name !== '' && name !== 'Object' ? `an object of class ${name}` : 'an object';
}

function quoted(text: string): string {
  return text.length > shownCharacters
    ? `${JSON.stringify(text.slice(0, shownCharacters))} … (${text.length} characters)`
    : JSON.stringify(text);
}

/** The message of an error, or the text of anything else that was thrown. */
export function messageOf(thrown: unknown): string {
  try {
    if (thrown instanceof Error && typeof thrown.message === 'string') return thrown.message;
    return typeof thrown === 'string' ? thrown : describeValue(thrown);
  } catch {
    return 'a value that cannot be read';
  }
}

/** As {@link messageOf}, with the name of an error in front. */
export function describeThrown(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : messageOf(thrown);
  } catch {
    return 'a value that cannot be read';
  }
}

/** As `instanceof`, which a proxy can make throw. */
export function isInstance<T extends object>(
  type: abstract new (...parameters: never[]) => T,
  value: unknown,
): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

const tagOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
)?.get;

/** `Float32Array` and the like; undefined for everything else, also for a proxy that poses as one. */
export const typedArrayName = (value: unknown): string | undefined => tagOf?.call(value) as string | undefined;
