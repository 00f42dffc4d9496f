import type { Problem } from './data.js';
import type { Action, EnvironmentStep, Observation } from './environment.js';
import type { RewardPool } from './reward-pool.js';

/** A response in the making as it travels: enough for any thread to go on with it. */
export interface EpisodeState {
  /** Of the rollout, for messages. */
  readonly index: number;
  /** Unique within the pool. */
  readonly episode: number;
  readonly problem: Problem;
  readonly key: readonly number[];
  /** All turns so far; none asks for the observation before the first. */
  readonly actions: readonly Action[];
}

/** What a pool answers: `gave-up` if the threads hung or died twice on it. */
export type PoolStep =
  EnvironmentStep | { readonly done: false; readonly observation?: Observation } | { readonly done: 'gave-up' };

/** Steps episodes off the training thread. */
export interface EnvironmentPool {
  readonly stop: readonly string[];
  readonly maxTurns: number;
  /** The answer to the last action; to none, the observation before the first turn, if there is one. */
  step(state: EpisodeState): Promise<PoolStep>;
  readonly stats: RewardPool['stats'];
  dispose(): Promise<void>;
}
