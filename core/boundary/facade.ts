import { partOf } from './part.js';

/** Shows members of an object without the object: what it has can be used, and nothing of it can be replaced. */

/** `target` with members as `member` gives them; `instanceof` and the list of members are those of `target`. */
export function facade(target: object, member: (key: string | symbol) => unknown): object {
  // Behind a proxy of its own target, members of a frozen object could not be shown differently.
  return new Proxy(
    {},
    {
      get: (_, key) => member(key),
      has: (_, key) => Reflect.has(target, key),
      getPrototypeOf: () => Reflect.getPrototypeOf(target),
      ownKeys: () => Reflect.ownKeys(target),
      getOwnPropertyDescriptor: (_, key) => {
        const own = Reflect.getOwnPropertyDescriptor(target, key);
        if (own === undefined) return undefined;
        return { value: member(key), writable: true, configurable: true, enumerable: own.enumerable ?? false };
      },
      set: () => false,
      defineProperty: () => false,
      deleteProperty: () => false,
      preventExtensions: () => false,
    },
  );
}

type Member = (...args: unknown[]) => unknown;

/** `value` for reading and calling: a plugin that assigns to a member gets a TypeError, and changes nothing. */
export function readOnly<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if (partOf(value) !== undefined) return value; // It has a guard, which allows no more.
  const methods = new Map<string | symbol, Member>();
  return facade(value, (key) => {
    const member: unknown = Reflect.get(value, key, value);
    if (typeof member !== 'function' || key === 'constructor') return member;
    const bound = methods.get(key) ?? ((...args: unknown[]) => Reflect.apply(member as Member, value, args));
    methods.set(key, bound);
    return bound;
  }) as T;
}
