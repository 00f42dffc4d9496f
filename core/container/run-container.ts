import { configToken } from '../config/config-token.js';
import type { ChosenProvider, ResolvedConfig } from '../config/resolve.js';
import type { SingleSlot } from '../config/schema.js';
import { contractTokens, type Contract, type Slot } from '../contracts/contract-tokens.js';
import type { LoopParts } from '../contracts/loop.js';
import type { MetricSink } from '../contracts/metric-sink.js';
import type { Platform } from '../contracts/platform.js';
import type { RunEvents } from '../contracts/run-events.js';
import { Calls, type CallObserver } from '../boundary/calls.js';
import { loopContracts } from '../boundary/contracts/loop.js';
import { slotContracts } from '../boundary/contracts/slots.js';
import { attribute } from '../boundary/errors.js';
import { readOnly } from '../boundary/facade.js';
import { frozen } from '../boundary/lending.js';
import { lentEvents } from '../boundary/events.js';
import { guard, unguarded, type Contract as GuardedContract } from '../boundary/guard.js';
import { describePart, partOf, partOfPlugin, type Part } from '../boundary/part.js';
import { messageOf } from '../boundary/safe-text.js';
import { isOrzError } from '../errors.js';
import { instanceCachingFactory, rootContainer, type DependencyContainer } from './inject.js';
import type { ProviderContext } from '../plugin/define.js';
import type { InjectionToken } from '../plugin/injection-token.js';
import { requirements, startOrder } from '../plugin/registry.js';
import type { Random } from '../random.js';
import { identityOf } from './identity.js';
import { disposalFailed, partNotCreated, slotNotStarted, undeclaredRequirement, unresolvable } from './errors.js';

export interface RunContainerOptions {
  readonly resolved: ResolvedConfig;
  readonly platform: Platform;
  readonly events: RunEvents;
  readonly random: Random;
  /** Start only these slots and what they require, for example to plan a run; absent, all slots and sinks. */
  readonly only?: readonly SingleSlot[];
  /** With `only`: these sinks as well. */
  readonly sinks?: readonly ChosenProvider[];
  /** Follows the calls into plugins; absent where nobody watches. */
  readonly observer?: CallObserver;
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
  /** Puts what was made from a part of a plugin, its `owner`, behind the same guard. */
  guarded<T extends object>(contract: GuardedContract, value: T, owner: object): T;
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
  const { resolved, only, sinks = [], observer } = options;
  frozen(resolved.config);
  child.register(configToken.symbol, { useValue: resolved.config });
  const starting = { ...options, child, calls: new Calls(resolved.config.guards, observer) };
  try {
    const slots = only ?? [...resolved.slots.keys()].filter((slot) => slot !== 'backend');
    for (const slot of startOrder(resolved.slots, slots)) {
      const chosen = resolved.slots.get(slot);
      if (!chosen) throw slotNotStarted(slot);
      const part = await start(chosen, starting);
      started.push(part);
      child.register(contractTokens[slot].symbol, { useValue: part.value });
    }
    const metrics: MetricSink[] = [];
    for (const sink of only ? sinks : resolved.metrics) {
      const part = await start(sink, starting);
      started.push(part);
      metrics.push(part.value as MetricSink);
    }
    return new StartedRun(starting, started, Object.freeze([...metrics, ...(options.extraSinks ?? [])]));
  } catch (error) {
    await disposeAll(started).catch((failure: unknown) => {
      options.events.log('warn', `while stopping: ${messageOf(failure)}`);
    });
    throw error;
  }
}

/** What all parts of a run start with. */
interface Starting extends RunContainerOptions {
  readonly child: DependencyContainer;
  readonly calls: Calls;
}

interface StartedPart {
  readonly part: Part;
  readonly value: { dispose?(): unknown };
}

class StartedRun implements RunContainer {
  constructor(
    private readonly starting: Starting,
    private readonly started: StartedPart[],
    readonly metrics: readonly MetricSink[],
  ) {}

  private get child(): DependencyContainer {
    return this.starting.child;
  }

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

  guarded<T extends object>(contract: GuardedContract, value: T, owner: object): T {
    const part = partOf(owner);
    return part === undefined ? value : guard(contract, value, { part, calls: this.starting.calls });
  }

  dispose(): Promise<void> {
    return disposeAll(this.started.splice(0));
  }

  private replaced<P extends keyof LoopParts>(part: P, builtin: LoopParts[P]): LoopParts[P] {
    const found = this.starting.resolved.replacements.get(part);
    if (!found) return builtin;
    const origin = partOfPlugin(found.plugin, `${part} of the loop`);
    const { calls } = this.starting;
    const context = {
      builtin: unguarded(builtin),
      inject: <T>(token: InjectionToken<T>): T => readOnly(this.inject(token)),
    };
    const site = { part: origin, method: 'create' };
    const made = creating(origin, () => calls.run(site, () => found.replacement.create(context as never)));
    return guard<LoopParts[P]>(loopContracts[part], made, { part: origin, calls });
  }
}

async function start(chosen: ChosenProvider, starting: Starting): Promise<StartedPart> {
  const { plugin, provider, settings } = chosen;
  const { calls } = starting;
  const part = partOfPlugin(plugin, `${provider.slot} '${provider.type}'`);
  const site = { part, method: 'create' };
  const create = () => provider.create(settings as never, contextOf(chosen, part, starting));
  let made: unknown;
  try {
    made = await calls.wait(site, 'work', calls.run(site, create));
  } catch (cause) {
    throw notCreated(part, cause);
  }
  const value = isTrusted(provider.slot, part) ? made : guard(slotContracts[provider.slot], made, { part, calls });
  return { part, value: value as StartedPart['value'] };
}

/**
 * A backend is called thousands of times an iteration, so that its guard costs some percent of a small run. Those of
 * the package go without: they pass the conformance suite, and the engine around them has its guard.
 */
const isTrusted = (slot: Slot, { file }: Part): boolean => slot === 'backend' && file === undefined;

const notCreated = (part: Part, cause: unknown): unknown =>
  isOrzError(cause) ? attribute({ part, method: 'create' }, cause) : partNotCreated(part, cause);

function creating<T>(part: Part, create: () => T): T {
  try {
    return create();
  } catch (cause) {
    throw notCreated(part, cause);
  }
}

function contextOf(
  chosen: ChosenProvider,
  part: Part,
  { child, calls, platform, events, random, resolved }: Starting,
): ProviderContext {
  const declared = requirements(chosen);
  const requireDeclared = (slot: Slot): void => {
    if (!declared.includes(slot)) throw undeclaredRequirement(chosen.plugin.name, slot, declared);
  };
  return {
    platform,
    events: lentEvents(events, part, calls),
    random,
    get: (slot) => {
      requireDeclared(slot);
      return lookup(child, slot);
    },
    identity: (slot) => {
      requireDeclared(slot);
      return identityOf(slot, resolved.slots);
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
  for (const { part, value } of [...started].reverse()) {
    try {
      await value.dispose?.();
    } catch (error) {
      failures.push(error);
      failed.push(describePart(part));
    }
  }
  if (failures.length > 0) throw disposalFailed(failed, failures);
}
