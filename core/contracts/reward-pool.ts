import type { Problem, RewardResult } from './data.js';
import type { AnswerCheck, GradableRollout } from './reward.js';

/** Grades groups off the training thread. */
export interface RewardPool {
  grade(group: readonly GradableRollout[]): Promise<readonly RewardResult[]>;
  /**
   * The reward's judgement of each gold answer, in order; undefined if it does not check answers. An answer that
   * exceeds the time limit is not gradable.
   */
  check?(problems: readonly Problem[]): Promise<readonly AnswerCheck[] | undefined>;
  readonly stats: { readonly timeouts: number; readonly crashes: number; readonly retries: number };
  dispose(): Promise<void>;
}

export interface RewardPoolOptions {
  readonly workers: number;
  /** Backstop for a stuck worker, counted from when work on a group starts. */
  readonly timeoutMs: number;
  /** Called with a message for the user when a worker was stopped or died; also counted in the pool's stats. */
  readonly onIncident?: (message: string) => void;
}
