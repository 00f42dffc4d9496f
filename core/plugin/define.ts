import type * as z from 'zod';
import type { PartReplacement } from '../container/replacement.js';
import type { Contract, SingleSlot, Slot } from '../contracts/contract-tokens.js';
import type { Platform } from '../contracts/platform.js';
import type { RunSizes } from '../contracts/run-sizes.js';
import type { RunEvents } from '../contracts/run-events.js';
import type { Random } from '../random.js';

/** What a provider may use while it starts. */
export interface ProviderContext {
  /** An already started contract; only slots named in the plugin's `requires` may be asked for. */
  get<S extends Slot>(slot: S): Contract<S>;
  /**
   * Type and settings of a required slot, and of what that one requires, as text: equal texts stand for parts that
   * compute the same. Undefined if a plugin of the user's is among them, whose code no setting describes.
   */
  identity(slot: SingleSlot): string | undefined;
  readonly platform: Platform;
  readonly events: RunEvents;
  readonly random: Random;
}

/**
 * One implementation of a contract under a name that configurations use:
 * `{ advantage: { type: 'gae', lambda: 0.95 } }`.
 */
export interface Provider<S extends Slot = Slot> {
  readonly slot: S;
  readonly type: string;
  /** One line for `orz-train plugins`. */
  readonly description: string;
  /** zod object for everything except `type`, with defaults and one `.describe()` line per field. */
  readonly settings: z.ZodObject;
  /** Starts the implementation. Asynchronous parts (a device, a file) start here. */
  create(settings: never, context: ProviderContext): Contract<S> | Promise<Contract<S>>;
  /**
   * Throws what would keep `create` from succeeding. Only for what others notice when it is created or disposed: a
   * check before a run calls this in place of both.
   */
  check?(settings: never): void | Promise<void>;
  /**
   * Maximum bytes this provider writes into the run folder, apart from checkpoints, for the plan. Pure arithmetic:
   * called before anything starts. Absent where that is negligible.
   */
  diskBytes?(settings: never, sizes: RunSizes): number;
}

/** Version of the contracts between this package and its plugins; raised when one of them changes incompatibly. */
export const pluginApiVersion = 1;

export interface Plugin {
  readonly name: string;
  /**
   * The {@link pluginApiVersion} that the plugin was written for; loading it under another one is ORZ_PLUGIN_INVALID.
   * State it in packages that are published; if absent, the plugin is assumed to fit.
   */
  readonly apiVersion?: number;
  /** Of the plugin, for `orz-train plugins`; if absent, that of the package it comes from, if any. */
  readonly version?: string;
  /** Slots that must be started before this plugin's providers. */
  readonly requires?: readonly Slot[];
  readonly provides: readonly Provider[];
  /** Parts of the training loop that this plugin replaces; see `replacePart`. */
  readonly replaces?: readonly PartReplacement[];
}

/** A {@link Provider} without its slot and type, with its settings typed by the schema. */
export interface ProviderOptions<S extends Slot, Z extends z.ZodObject> {
  readonly description: string;
  readonly settings: Z;
  readonly create: (settings: z.infer<Z>, context: ProviderContext) => Contract<S> | Promise<Contract<S>>;
  readonly check?: (settings: z.infer<Z>) => void | Promise<void>;
  readonly diskBytes?: (settings: z.infer<Z>, sizes: RunSizes) => number;
}

/** A provider whose type and settings the compiler knows, so that it can check configurations. */
export interface TypedProvider<S extends Slot, T extends string, Z extends z.ZodObject> extends Provider<S> {
  readonly type: T;
  readonly settings: Z;
}

/** Declares one implementation with its settings typed by the schema. */
export function provide<S extends Slot, const T extends string, Z extends z.ZodObject>(
  slot: S,
  type: T,
  options: ProviderOptions<S, Z>,
): TypedProvider<S, T, Z> {
  return { slot, type, ...options };
}

/** Declares a plugin; a plugin file's default export. Its type keeps what it provides, for `defineConfig`. */
export const definePlugin = <const P extends Plugin>(plugin: P): P => plugin;
