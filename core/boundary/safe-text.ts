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

/** Characters of a message of foreign code beyond which it is cut: it goes to terminals and log files. */
const longestMessage = 10_000;

/** The message of an error, or the text of anything else that was thrown. */
export function messageOf(thrown: unknown): string {
  const message = isInstance(Error, thrown) ? memberOf(thrown, 'message') : thrown;
  if (typeof message !== 'string') return describeValue(thrown);
  return message.length > longestMessage
    ? `${message.slice(0, longestMessage)} … (${message.length} characters)`
    : message;
}

/** As {@link messageOf}, with the name of an error in front. */
export function describeThrown(thrown: unknown): string {
  const name = isInstance(Error, thrown) ? memberOf(thrown, 'name') : undefined;
  return typeof name === 'string' ? `${name}: ${messageOf(thrown)}` : messageOf(thrown);
}

/** What can be read of an error. */
export interface ErrorTexts {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

/** The texts of whatever was thrown. */
export function errorTexts(thrown: unknown): ErrorTexts {
  const textOf = (key: string): string | undefined => {
    const text = isInstance(Error, thrown) ? memberOf(thrown, key) : undefined;
    return typeof text === 'string' ? text : undefined;
  };
  const stack = textOf('stack');
  return { name: textOf('name') ?? 'Error', message: messageOf(thrown), ...(stack !== undefined && { stack }) };
}

/** Causes that are followed: a chain of them may be endless. */
const mostCauses = 16;

/** The causes of an error, the deepest last, as far as they can be read and none repeats. */
export function causesOf(error: unknown): unknown[] {
  const chain = [error];
  while (chain.length <= mostCauses) {
    const last = chain.at(-1);
    const cause = isInstance(Error, last) ? memberOf(last, 'cause') : undefined;
    if (cause === undefined || cause === null || chain.includes(cause)) break;
    chain.push(cause);
  }
  return chain.slice(1);
}

/** Undefined where a getter throws. */
function memberOf(value: object, key: string): unknown {
  try {
    return Reflect.get(value, key);
  } catch {
    return undefined;
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
