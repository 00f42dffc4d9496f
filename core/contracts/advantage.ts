import type { Problem, StopReason } from './data.js';

/**
 * What an advantage estimator sees: B rollouts, grouped by problem. Arrays are per response token, aligned with the
 * tokens.
 */
export interface RewardedBatch {
  /** [B][T] reward per token: zero everywhere but on the last token, less a KL penalty if one is configured. */
  readonly tokenRewards: readonly Float32Array[];
  /** [B] the scalar reward of each rollout. */
  readonly rewards: Float32Array;
  /** [B] group (problem) index of each rollout; members of a group are samples of one prompt. */
  readonly groups: Int32Array;
  /** [B][T] V(state before the token), present when `needsCritic`. */
  readonly values?: readonly Float32Array[];
  /** [B] reward of the most probable response to the same problem, present when `needsGreedyBaseline`. */
  readonly greedyRewards?: Float32Array;
  /** [B] with what its data file says of it. */
  readonly problems: readonly Problem[];
  /** [B] */
  readonly stopReasons: readonly StopReason[];
}

export interface AdvantageEstimate {
  /** [B][T] before whitening. */
  readonly advantages: Float32Array[];
  /** [B][T] targets of the value function. */
  readonly returns: Float32Array[];
}

export interface Advantage {
  readonly name: string;
  /** Without a critic, no critic model is made and no values are computed. */
  readonly needsCritic: boolean;
  /** Whether one greedy response to each problem is sampled and graded besides, as a baseline. */
  readonly needsGreedyBaseline?: boolean;
  /** Minimum number of responses per prompt; 1 if absent. Checked before a run starts. */
  readonly minGroupSize?: number;
  estimate(batch: RewardedBatch): AdvantageEstimate;
}
