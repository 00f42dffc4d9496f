import { OrzError } from '../errors.js';
import type { Calls, Patience } from './calls.js';
import {
  attribute,
  blamed,
  markAttributed,
  Mismatch,
  partIncomplete,
  pluginChangedInput,
  pluginReturned,
  pluginThrew,
  type CallSite,
} from './errors.js';
import { facade } from './facade.js';
import { fingerprint } from './lending.js';
import { describeValue, isInstance } from './safe-text.js';
import { belongsTo, partOf, type Part } from './part.js';
import { functionShape, join, list, notAPromise, object, optional, refuse, type Shape } from './shapes.js';

/** What a check of a call may use besides the value. */
export interface CallContext {
  /** The arguments as the method got them. */
  readonly args: readonly unknown[];
  readonly site: CallSite;
  readonly calls: Calls;
  /** What the plugin made, without its guard. */
  readonly target: Readonly<Record<string, unknown>>;
  /** Guards a part that belongs to the same plugin: an engine's model, the tokenizer of a model source. */
  nested(contract: Contract, value: unknown, path: string): object;
}

/** One method of a contract. */
export interface Method {
  readonly patience: Patience;
  /** The plugin may leave the method out. */
  readonly optional?: true;
  /** What the method gets in place of the arguments: frozen, or with callbacks that are checked. */
  readonly lend?: (args: readonly unknown[], context: Omit<CallContext, 'args'>) => readonly unknown[];
  /** The arguments whose typed arrays are used by others and must be left as they are. */
  readonly keeps?: (args: readonly unknown[]) => unknown;
  /** Checks the result, and returns what the caller gets. */
  readonly result: (value: unknown, context: CallContext) => unknown;
}

/** What a part must have. Members that a contract does not list pass through. */
export interface Contract {
  readonly fields: Readonly<Record<string, Shape>>;
  /** Those of the fields that must stay as they were at the first reading. */
  readonly steady?: readonly string[];
  readonly methods: Readonly<Record<string, Method>>;
  /** Members that are parts of their own; absent ones only where `optional`. */
  readonly parts?: Readonly<Record<string, { readonly contract: Contract; readonly optional?: true }>>;
  /** Members that are lists of such parts; all may be absent. */
  readonly lists?: Readonly<Record<string, Contract>>;
}

type Member = (...args: unknown[]) => unknown;

/** Every part may have it. */
const dispose: Method = { patience: 'hook', optional: true, result: () => undefined };

/** What wraps the values of one part of a plugin. */
interface Guarding {
  readonly part: Part;
  readonly calls: Calls;
}

/**
 * `value` behind a guard: its fields are checked when it starts and whenever they are read, its methods when they
 * return; whatever it throws becomes an error that names plugin, part and method; and every promise has its time.
 * Throws ORZ_PLUGIN_INVALID at once if a member is missing or of the wrong kind.
 */
export function guard<T extends object>(contract: Contract, value: unknown, { part, calls }: Guarding): T {
  try {
    return wrapped(contract, membersOf(contract, value, ''), { part, calls }) as T;
  } catch (error) {
    throw isInstance(Mismatch, error) ? partIncomplete(part, error) : pluginThrew({ part, method: 'create' }, error);
  }
}

const wrapped = (contract: Contract, value: object, guarding: Guarding): object =>
  belongsTo(facadeOf(new Guarded(contract, value, guarding)), guarding.part);

const facadeOf = (members: Guarded): object => facade(members.target, (key) => members.member(key));

/** The value itself, if it has what the contract lists. */
function membersOf({ fields, methods, parts = {}, lists = {} }: Contract, value: unknown, path: string): object {
  const part = object(value, path);
  const check = (key: string, shape: Shape, isOptional?: boolean): unknown =>
    (isOptional ? optional(shape) : shape)(part[key], join(path, key));
  for (const [key, shape] of Object.entries(fields)) check(key, shape);
  for (const [key, method] of Object.entries(methods)) check(key, functionShape, method.optional);
  for (const [key, nested] of Object.entries(parts)) check(key, object, nested.optional);
  for (const key of Object.keys(lists)) check(key, list(object), true);
  return part;
}

/** Errors of `value`, which is not a plugin's, pass through calls of plugins around it unchanged. */
export function unguarded<T extends object>(value: T): T {
  const marking = (error: unknown): never => {
    markAttributed(error);
    throw error;
  };
  return new Proxy(value, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        try {
          const result: unknown = Reflect.apply(member, target, args);
          return result instanceof Promise ? result.catch(marking) : result;
        } catch (error) {
          return marking(error);
        }
      };
    },
  });
}

/** The members of a part as its guard shows them. */
class Guarded {
  private readonly wrappers = new Map<string, unknown>();
  private readonly fields = new Map<string, { readonly value: unknown; readonly shown: unknown }>();
  private readonly nestedParts = new WeakMap<object, object>();

  constructor(
    private readonly contract: Contract,
    readonly target: object,
    private readonly guarding: Guarding,
  ) {}

  member(key: string | symbol): unknown {
    if (typeof key === 'symbol') return Reflect.get(this.target, key, this.target);
    const { fields, methods, parts = {}, lists = {} } = this.contract;
    if (Object.hasOwn(fields, key)) return this.field(key, fields[key]);
    if (Object.hasOwn(parts, key)) return this.field(key, optional(this.nestedShape(parts[key]?.contract)));
    if (Object.hasOwn(lists, key)) return this.field(key, optional(list(this.nestedShape(lists[key]))));
    const method = key === 'dispose' ? dispose : Object.hasOwn(methods, key) ? methods[key] : undefined;
    return method === undefined ? this.other(key) : this.method(key, method);
  }

  private site(method: string): CallSite {
    return { part: this.guarding.part, method };
  }

  private read(key: string): unknown {
    try {
      return Reflect.get(this.target, key, this.target);
    } catch (error) {
      throw attribute(this.site(key), error);
    }
  }

  /** Checked again only when it is another value than at the last reading. */
  private field(key: string, shape: Shape | undefined): unknown {
    const value = this.read(key);
    const known = this.fields.get(key);
    if (known && Object.is(known.value, value)) return known.shown;
    const shown = checked(this.site(key), () => {
      if (known && this.contract.steady?.includes(key)) refuse('', value, `${describeValue(known.value)}, as before`);
      return shape === undefined ? value : shape(value, '');
    });
    this.fields.set(key, { value, shown });
    return shown;
  }

  private nestedShape(contract: Contract | undefined): Shape {
    return (value, path) => (contract === undefined ? value : this.nested(contract, value, path));
  }

  private nested(contract: Contract, value: unknown, path: string): object {
    const known = typeof value === 'object' && value !== null ? this.nestedParts.get(value) : undefined;
    if (known !== undefined) return known;
    const raw = membersOf(contract, value, path);
    const made = partOf(raw) === undefined ? wrapped(contract, raw, this.guarding) : raw;
    this.nestedParts.set(raw, made);
    return made;
  }

  /** A member that is no part of the contract; a method of it still belongs to the object behind the guard. */
  private other(key: string): unknown {
    const value = this.read(key);
    if (typeof value !== 'function' || key === 'constructor') return value;
    const { target } = this;
    return (...args: unknown[]): unknown => Reflect.apply(value as Member, target, args);
  }

  private method(key: string, method: Method): unknown {
    const known = this.wrappers.get(key);
    if (known !== undefined) return known;
    if (method.optional && this.read(key) === undefined) return undefined;
    const wrapper =
      method.patience === 'none'
        ? (...args: unknown[]) => this.call(key, method, args)
        : (...args: unknown[]) => this.callAndWait(key, method, args);
    this.wrappers.set(key, wrapper);
    return wrapper;
  }

  private context(site: CallSite): Omit<CallContext, 'args'> {
    return {
      site,
      calls: this.guarding.calls,
      target: this.target as Readonly<Record<string, unknown>>,
      nested: (contract, value, path) => this.nested(contract, value, path),
    };
  }

  private call(key: string, method: Method, args: readonly unknown[]): unknown {
    const site = this.site(key);
    const context = this.context(site);
    const lent = method.lend?.(args, context) ?? args;
    const before = method.keeps && fingerprint(method.keeps(lent));
    const returned = this.invoke(key, site, lent);
    this.guarding.calls.progress();
    return this.accept(method, returned, { ...context, args: lent }, before);
  }

  private async callAndWait(key: string, method: Method, args: readonly unknown[]): Promise<unknown> {
    const site = this.site(key);
    const context = this.context(site);
    const lent = method.lend?.(args, context) ?? args;
    const before = method.keeps && fingerprint(method.keeps(lent));
    const { calls } = this.guarding;
    const patience = method.patience === 'hook' ? 'hook' : 'work';
    const returned = await attributing(site, () => calls.wait(site, patience, this.invoke(key, site, lent)));
    return this.accept(method, returned, { ...context, args: lent }, before);
  }

  private invoke(key: string, site: CallSite, args: readonly unknown[]): unknown {
    try {
      const method = functionShape(this.read(key), key) as Member;
      return this.guarding.calls.run(site, () =>
        Reflect.apply<object, unknown[], unknown>(method, this.target, [...args]),
      );
    } catch (error) {
      throw named(site, error);
    }
  }

  private accept(method: Method, returned: unknown, context: CallContext, before: number | undefined): unknown {
    const { site, args } = context;
    if (method.keeps && fingerprint(method.keeps(args)) !== before) throw pluginChangedInput(site);
    return checked(site, () => {
      if (method.patience === 'none') notAPromise(returned, '');
      return method.result(returned, context);
    });
  }
}

/** Does foreign work; what it throws becomes an error that names the call. */
export async function attributing<T>(site: CallSite, work: () => PromiseLike<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw named(site, error);
  }
}

function named(site: CallSite, error: unknown): unknown {
  if (!isInstance(Mismatch, error)) return attribute(site, error);
  const returned = pluginReturned(site, error);
  markAttributed(returned);
  return returned;
}

/** Does a check of what foreign code gave; a failure is the fault of that code. */
export function checked<T>(site: CallSite, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw isInstance(OrzError, error) ? blamed(site, error) : named(site, error);
  }
}
