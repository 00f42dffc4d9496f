import type { EpisodeState, PoolStep } from '../../core/contracts/environment-pool.js';
import type { Environment } from '../../core/contracts/environment.js';
import { environmentFacts, Episodes } from '../../core/environment/episodes.js';
import { serve, shaped } from './worker-host.js';

/** The episodes in progress of the one environment that the thread loads. */
let episodes: Episodes | undefined;

/** A stepping thread. */
await serve<Environment>({
  part: 'environment',
  code: 'ORZ_ENVIRONMENT',
  needs: 'name, stop, maxTurns and reset',
  isUsable: (environment) => typeof environment?.reset === 'function',
  facts: (environment) => shaped(`the environment "${environment.name}" has`, () => environmentFacts(environment)),
  work: async (environment, _, items) => {
    episodes ??= new Episodes(environment);
    const answers: PoolStep[] = [];
    for (const state of items as readonly EpisodeState[]) answers.push(await episodes.step(state, shaped));
    return answers;
  },
});
