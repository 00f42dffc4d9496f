import { engineDemands, demandingSlots, withValues } from '../../core/train/loop/engine-demands.js';
import type { ResolvedConfig } from '../../core/config/resolve.js';
import { createRunContainer } from '../../core/container/run-container.js';
import type { Refusal } from '../../core/contracts/engine.js';
import { startOrder } from '../../core/plugin/registry.js';
import { createRandom } from '../../core/random.js';
import { silentEvents } from '../../core/silent-events.js';
import { createNodePlatform } from '../platform/node-platform.js';

/** What an engine that is somewhere else says of a run before it starts. */
export interface EnginePlan {
  readonly name: string;
  /** Where it is. */
  readonly url: string;
  /** Settings that it would not honour. */
  readonly refusals: readonly Refusal[];
  /** Why it could not be asked. */
  readonly silence?: string;
}

/** Whether the engine of a run computes on a backend of this machine. */
export const needsBackend = ({ slots }: ResolvedConfig): boolean => startOrder(slots, ['engine']).includes('backend');

/** Seconds that an engine has to answer; a plan is not worth waiting longer for. */
const patienceSeconds = 10;

/** Undefined for an engine on a device of this machine: that one is not started for a plan. */
export async function enginePlanOf(resolved: ResolvedConfig): Promise<EnginePlan | undefined> {
  if (needsBackend(resolved)) return undefined;
  const { config } = resolved;
  const { type: name, url } = config.engine;
  const about = { name, url: typeof url === 'string' ? url : 'its server' };
  const random = createRandom(config.seed);
  const container = await createRunContainer({
    resolved,
    platform: createNodePlatform('.'),
    events: silentEvents,
    random,
    only: [...demandingSlots, 'engine'],
  });
  const timeout = new AbortController();
  const timer = setTimeout(() => {
    timeout.abort(new Error(`no answer within ${patienceSeconds} s`));
  }, patienceSeconds * 1000);
  const { signal } = timeout;
  try {
    const demands = engineDemands(config, container, { random, events: silentEvents, signal });
    const refusals = await Promise.race([container.get('engine').refusals(demands), rejectionOf(signal)]);
    return { ...about, refusals: withValues(refusals, config) };
  } catch (error) {
    return { ...about, refusals: [], silence: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
    await container.dispose();
  }
}

const rejectionOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });

/** Lines for a plan. */
export function describeEngine({ name, url, refusals, silence }: EnginePlan): string {
  if (silence !== undefined) return `${name} at ${url} does not answer yet: ${silence}`;
  if (refusals.length === 0) return `${name} at ${url}: honours all settings`;
  const lines = refusals.map(
    ({ path, value, allowed, remedy }) => `${path} is ${JSON.stringify(value)}, allowed: ${allowed}. ${remedy}`,
  );
  return [`${name} at ${url} would not honour ${refusals.length === 1 ? 'a setting' : 'some settings'}`, ...lines].join(
    `\n${' '.repeat(16)}`,
  );
}
