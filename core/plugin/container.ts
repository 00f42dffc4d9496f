// tsyringe reads decorator metadata through this polyfill, so it must come first.
import 'reflect-metadata';
import { container as root, type DependencyContainer } from 'tsyringe';
import type { ResolvedConfig, ChosenProvider } from '../config/resolve.js';
import type { RunConfig, SingleSlot } from '../config/schema.js';
import type { MetricSink } from '../contracts/metric-sink.js';
import type { Platform } from '../contracts/platform.js';
import type { RunEvents } from '../contracts/run-events.js';
import { contractTokens, type Contract, type Slot } from '../contracts/contract-tokens.js';
import { OrzError, isOrzError } from '../errors.js';
import type { ProviderContext } from './define.js';
import { requirements, startOrder } from './registry.js';
import { createInjectionToken, type InjectionToken } from './injection-token.js';
import type { Random } from '../random.js';

/** What a class of the run may inject beside the contracts of the slots: `@inject(runTokens.config.symbol)`. */
export const runTokens = {
  config: createInjectionToken<RunConfig>('run/config'),
  platform: createInjectionToken<Platform>('run/platform'),
  events: createInjectionToken<RunEvents>('run/events'),
  random: createInjectionToken<Random>('run/random'),
  /** All sinks of the run; {@link contractTokens}.metrics stands for one of them and is not registered. */
  sinks: createInjectionToken<readonly MetricSink[]>('run/sinks'),
} as const;

export interface RunContainerOptions {
  readonly resolved: ResolvedConfig;
  readonly platform: Platform;
  readonly events: RunEvents;
  readonly random: Random;
  /** Start only these slots and what they require, for example to plan a run; absent, all slots and sinks. */
  readonly only?: readonly SingleSlot[];
}

/** The started parts of one run. Owns them: `dispose` ends them in reverse order of their start. */
export interface RunContainer {
  /** A started contract; throws ORZ_PLUGIN_MISSING if the run did not start that slot. */
  get<S extends SingleSlot>(slot: S): Contract<S>;
  readonly metrics: readonly MetricSink[];
  /**
   * A new instance of a class whose constructor parameters all carry `@inject(token.symbol)`; injection by class type
   * would need metadata that esbuild-based runners do not emit. Instances are not shared between calls and not disposed.
   */
  resolve<T>(type: new (...parameters: never[]) => T): T;
  /** Ends every started part even if another fails to end, then throws what failed. A second call does nothing. */
  dispose(): Promise<void>;
}

/**
 * Starts the chosen providers, each after those its plugin requires. The backend starts only if something requires it,
 * so that a remote engine touches no local device. If one fails, those already started are disposed.
 *
 * tsyringe resolves synchronously, never complains about a token registered twice and disposes no values. So everything
 * is started here, registered once as a value (which also makes it one instance per run, its default being a new one per
 * resolve), and disposed here. It also overflows the stack on a cycle: {@link startOrder} rejects those first.
 */
export async function createRunContainer(options: RunContainerOptions): Promise<RunContainer> {
  const { resolved, platform, events, random } = options;
  const started: Started[] = [];
  const child = root.createChildContainer();
  const register = <T>(token: InjectionToken<T>, value: T): void =>
    void child.register(token.symbol, { useValue: value });
  register(runTokens.config, resolved.config);
  register(runTokens.platform, platform);
  register(runTokens.events, events);
  register(runTokens.random, random);

  const start = async (chosen: ChosenProvider): Promise<unknown> => {
    const value = await startProvider(chosen, contextOf(chosen, child, options));
    started.push({ plugin: chosen.plugin.name, slot: chosen.provider.slot, value });
    return value;
  };
  const metrics: MetricSink[] = [];
  try {
    const slots = options.only ?? [...resolved.slots.keys()].filter((slot) => slot !== 'backend');
    for (const slot of startOrder(resolved.slots, slots))
      child.register(contractTokens[slot].symbol, { useValue: await start(resolved.slots.get(slot)!) });
    if (!options.only) for (const sink of resolved.metrics) metrics.push((await start(sink)) as MetricSink);
    register(runTokens.sinks, metrics);
  } catch (error) {
    await disposeAll(started).catch((failure: unknown) => events.log('warn', `while stopping: ${String(failure)}`));
    throw error;
  }
  return {
    get: (slot) => lookup(child, slot),
    metrics,
    resolve: (type) => resolveClass(child, type),
    dispose: () => disposeAll(started.splice(0)),
  };
}

interface Started {
  readonly plugin: string;
  readonly slot: Slot;
  readonly value: unknown;
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
      if (declared.includes(slot)) return lookup(child, slot);
      throw new OrzError(
        'ORZ_PLUGIN_MISSING',
        `Plugin '${chosen.plugin.name}' asked for ${slot} without declaring it`,
        {
          value: slot,
          allowed: declared,
          origin: chosen.plugin.name,
          remedy: `Add '${slot}' to the plugin's requires.`,
        },
      );
    },
  };
}

async function startProvider(
  { plugin, provider, settings }: ChosenProvider,
  context: ProviderContext,
): Promise<unknown> {
  try {
    return await provider.create(settings as never, context);
  } catch (cause) {
    if (isOrzError(cause)) throw cause;
    throw new OrzError(
      'ORZ_PLUGIN_LOAD',
      `Plugin '${plugin.name}' failed to start its ${provider.slot} '${provider.type}': ${String(cause)}`,
      {
        value: provider.type,
        origin: plugin.name,
        remedy: 'The cause below comes from the plugin.',
        cause,
      },
    );
  }
}

function lookup<S extends Slot>(child: DependencyContainer, slot: S): Contract<S> {
  if (child.isRegistered(contractTokens[slot].symbol)) return child.resolve<Contract<S>>(contractTokens[slot].symbol);
  throw new OrzError('ORZ_PLUGIN_MISSING', `This run has no started ${slot}`, {
    value: slot,
    origin: 'run container',
    remedy: `List '${slot}' in the requires of the plugin that uses it.`,
  });
}

function resolveClass<T>(child: DependencyContainer, type: new (...parameters: never[]) => T): T {
  try {
    return child.resolve(type as new (...parameters: unknown[]) => T);
  } catch (cause) {
    if (isOrzError(cause)) throw cause;
    throw new OrzError('ORZ_INTERNAL', `${type.name} could not be made from the parts of this run: ${String(cause)}`, {
      value: type.name,
      origin: 'run container',
      remedy: 'Every constructor parameter needs @inject(token.symbol) of a started part.',
      cause,
    });
  }
}

async function disposeAll(started: readonly Started[]): Promise<void> {
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
  if (failures.length === 0) return;
  throw new OrzError('ORZ_PLUGIN_LOAD', `Could not end ${failed.join(', ')}`, {
    value: failed,
    origin: 'run container',
    remedy: 'Everything else was ended; the causes come from the plugins.',
    cause: new AggregateError(failures),
  });
}
