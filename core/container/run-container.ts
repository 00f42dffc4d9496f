import type { ChosenProvider, ResolvedConfig } from '../config/resolve.js';
import type { SingleSlot } from '../config/schema.js';
import { contractTokens, type Contract, type Slot } from '../contracts/contract-tokens.js';
import type { LoopParts } from '../contracts/loop.js';
import type { MetricSink } from '../contracts/metric-sink.js';
import type { Platform } from '../contracts/platform.js';
import type { RunEvents } from '../contracts/run-events.js';
import { isOrzError } from '../errors.js';
import { instanceCachingFactory, rootContainer, type DependencyContainer } from './inject.js';
import type { ProviderContext } from '../plugin/define.js';
import type { InjectionToken } from '../plugin/injection-token.js';
import { requirements, startOrder } from '../plugin/registry.js';
import type { Random } from '../random.js';
import {
  disposalFailed,
  providerFailed,
  replacementFailed,
  slotNotStarted,
  undeclaredRequirement,
  unresolvable,
} from './errors.js';

export interface RunContainerOptions {
  readonly resolved: ResolvedConfig;
  readonly platform: Platform;
  readonly events: RunEvents;
  readonly random: Random;
  /** Start only these slots and what they require, for example to plan a run; absent, all slots and sinks. */
  readonly only?: readonly SingleSlot[];
  /** Sinks after those of the configuration; not disposed by the container. */
  readonly extraSinks?: readonly MetricSink[];
}

/** A class whose constructor parameters all carry `@inject(…)`. */
export type InjectableClass<T> = new (...parameters: never[]) => T;

/** The started parts of one run. Owns them: `dispose` disposes them in reverse order of starting. */
export interface RunContainer {
  /** A started contract; throws ORZ_PLUGIN_MISSING if the run did not start that slot. */
  get<S extends SingleSlot>(slot: S): Contract<S>;
  readonly metrics: readonly MetricSink[];
  /** Makes a value available to `@inject(token.symbol)`. Not disposed by the container. */
  register<T>(token: InjectionToken<T>, value: T): void;
  /** Makes a part of the loop available under its token: a plugin's replacement, else the built-in class. */
  registerPart<P extends keyof LoopParts>(
    part: P,
    token: InjectionToken<LoopParts[P]>,
    builtin: InjectableClass<LoopParts[P]>,
  ): void;
  /** What is registered under a token: one instance per run. */
  inject<T>(token: InjectionToken<T>): T;
  /**
   * A new instance of a class; injection by class type alone would need metadata that esbuild-based runners do not
   * emit. Instances are not shared between calls and not disposed.
   */
  resolve<T>(type: InjectableClass<T>): T;
  /** Disposes every started part even if others fail, then throws what failed. A second call does nothing. */
  dispose(): Promise<void>;
}

/**
 * Starts the chosen providers, each after those its plugin requires. The backend starts only if something requires it,
 * so that a remote engine touches no local device. If one fails, those already started are disposed.
 *
 * tsyringe resolves synchronously, silently accepts a token registered twice and does not dispose values. So everything
 * is started here, registered once as a value (which also makes it one instance per run, its default being a new one
 * per resolve), and disposed here. It also overflows the stack on a cycle: {@link startOrder} rejects those first.
 */
export async function createRunContainer(options: RunContainerOptions): Promise<RunContainer> {
  const child = rootContainer.createChildContainer();
  const started: StartedPart[] = [];
  const { resolved, only } = options;
  try {
    const slots = only ?? [...resolved.slots.keys()].filter((slot) => slot !== 'backend');
    for (const slot of startOrder(resolved.slots, slots)) {
      const chosen = resolved.slots.get(slot);
      if (!chosen) throw slotNotStarted(slot);
      const part = await start(chosen, child, options);
      started.push(part);
      child.register(contractTokens[slot].symbol, { useValue: part.value });
    }
    const metrics: MetricSink[] = [];
    for (const sink of only ? [] : resolved.metrics) {
      const part = await start(sink, child, options);
      started.push(part);
      metrics.push(part.value as MetricSink);
    }
    return new StartedRun(child, started, [...metrics, ...(options.extraSinks ?? [])], resolved);
  } catch (error) {
    await disposeAll(started).catch((failure: unknown) => {
      options.events.log('warn', `while stopping: ${String(failure)}`);
    });
    throw error;
  }
}

interface StartedPart {
  readonly plugin: string;
  readonly slot: Slot;
  readonly value: unknown;
}

class StartedRun implements RunContainer {
  constructor(
    private readonly child: DependencyContainer,
    private readonly started: StartedPart[],
    readonly metrics: readonly MetricSink[],
    private readonly resolved: ResolvedConfig,
  ) {}

  get<S extends SingleSlot>(slot: S): Contract<S> {
    return lookup(this.child, slot);
  }

  register<T>(token: InjectionToken<T>, value: T): void {
    this.child.register(token.symbol, { useValue: value });
  }

  registerPart<P extends keyof LoopParts>(
    part: P,
    token: InjectionToken<LoopParts[P]>,
    builtin: InjectableClass<LoopParts[P]>,
  ): void {
    const make = (): LoopParts[P] => this.replaced(part, this.resolve(builtin));
    this.child.register(token.symbol, { useFactory: instanceCachingFactory(make) });
  }

  inject<T>(token: InjectionToken<T>): T {
    return resolveFrom(this.child, token.symbol, token.slot);
  }

  resolve<T>(type: InjectableClass<T>): T {
    return resolveFrom(this.child, type as new (...parameters: unknown[]) => T, type.name);
  }

  dispose(): Promise<void> {
    return disposeAll(this.started.splice(0));
  }

  private replaced<P extends keyof LoopParts>(part: P, builtin: LoopParts[P]): LoopParts[P] {
    const found = this.resolved.replacements.get(part);
    if (!found) return builtin;
    try {
      const context = { builtin, inject: <T>(token: InjectionToken<T>): T => this.inject(token) };
      return found.replacement.create(context as never) as LoopParts[P];
    } catch (cause) {
      if (isOrzError(cause)) throw cause;
      throw replacementFailed(found.plugin.name, part, cause);
    }
  }
}

async function start(
  chosen: ChosenProvider,
  child: DependencyContainer,
  options: RunContainerOptions,
): Promise<StartedPart> {
  const { plugin, provider, settings } = chosen;
  const context = contextOf(chosen, child, options);
  try {
    const value: unknown = await provider.create(settings as never, context);
    return { plugin: plugin.name, slot: provider.slot, value };
  } catch (cause) {
    if (isOrzError(cause)) throw cause;
    throw providerFailed(plugin.name, provider.slot, provider.type, cause);
  }
}

function contextOf(
  chosen: ChosenProvider,
  child: DependencyContainer,
  { platform, events, random }: RunContainerOptions,
): ProviderContext {
  const declared = requirements(chosen);
  return {
    platform,
    events,
    random,
    get: (slot) => {
      if (!declared.includes(slot)) throw undeclaredRequirement(chosen.plugin.name, slot, declared);
      return lookup(child, slot);
    },
  };
}

function lookup<S extends Slot>(child: DependencyContainer, slot: S): Contract<S> {
  const { symbol } = contractTokens[slot];
  if (!child.isRegistered(symbol)) throw slotNotStarted(slot);
  return child.resolve<Contract<S>>(symbol);
}

function resolveFrom<T>(
  child: DependencyContainer,
  token: symbol | (new (...parameters: unknown[]) => T),
  name: string,
): T {
  try {
    return child.resolve<T>(token);
  } catch (cause) {
    if (isOrzError(cause)) throw cause;
    throw unresolvable(name, cause);
  }
}

async function disposeAll(started: readonly StartedPart[]): Promise<void> {
  const failures: unknown[] = [];
  const failed: string[] = [];
  for (const { plugin, slot, value } of [...started].reverse()) {
    try {
      await (value as { dispose?(): unknown } | undefined)?.dispose?.();
    } catch (error) {
      failures.push(error);
      failed.push(`${slot} of plugin '${plugin}'`);
    }
  }
  if (failures.length > 0) throw disposalFailed(failed, failures);
}
