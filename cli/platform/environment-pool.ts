import { elementAt } from '../../core/arrays.js';
import type { EnvironmentPool, PoolStep } from '../../core/contracts/environment-pool.js';
import type { EnvironmentFacts } from '../../core/environment/episodes.js';
import type { WorkerKind } from './worker-kind.js';
import type { WorkerModule } from './worker-messages.js';
import { WorkerPool, type Incidents } from './worker-pool.js';
import type { WorkerPoolOptions } from './worker-thread.js';

const stepping: WorkerKind = {
  part: 'environment',
  thread: 'stepping thread',
  file: 'environment-worker',
  code: 'ORZ_ENVIRONMENT',
  remedy:
    'Correct the environment: its steps must return an observation or say that they are done, and must not throw.',
  givenUp: (): PoolStep => ({ done: 'gave-up' }),
};

/**
 * Threads that step one environment. An episode always goes to the same thread, which remembers it; one that replaces
 * that thread goes through its actions again.
 */
export async function createEnvironmentPool(
  module: WorkerModule,
  options: WorkerPoolOptions,
): Promise<EnvironmentPool> {
  const stats: Incidents = { timeouts: 0, crashes: 0, retries: 0 };
  const pools = Array.from(
    { length: Math.max(1, options.workers) },
    () => new WorkerPool(stepping, module, { ...options, workers: 1 }, stats),
  );
  const facts = (await elementAt(pools, 0).start()) as EnvironmentFacts;
  return {
    ...facts,
    stats,
    step: async (state) => {
      const [answer] = await elementAt(pools, state.episode % pools.length).work<PoolStep>('step', [state], [[0]]);
      return answer ?? { done: 'gave-up' };
    },
    dispose: async () => {
      await Promise.all(pools.map((pool) => pool.dispose()));
    },
  };
}
