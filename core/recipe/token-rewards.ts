import { requireSameLength } from './check.js';

/**
 * Rewards per response token, [T]: the scalar reward on the last token, zero elsewhere, less a KL penalty if there is one.
 *
 *     r_t = [t = T−1] · reward − penalty_t
 *
 * `penalty` [T] is what a KL regulariser returns, its coefficient included. A response without tokens has no token to carry
 * its reward: the result is empty (the reference drops such responses from the batch). Source: released code, `score_tensor[-1]` and
 * `compute_reward`.
 */
export function tokenRewards(reward: number, length: number, penalty?: ArrayLike<number>): Float32Array {
  const rewards = new Float32Array(length);
  if (penalty) {
    requireSameLength('tokenRewards', rewards, penalty);
    for (let t = 0; t < length; t++) rewards[t] = -penalty[t]!;
  }
  if (length > 0) rewards[length - 1]! += reward;
  return rewards;
}

/** Undiscounted sum of the rewards from each token to the end, [T]: Σ_{s ≥ t} r_s. */
export function rewardToGo(rewards: ArrayLike<number>): Float32Array {
  const sums = new Float32Array(rewards.length);
  let sum = 0;
  for (let t = rewards.length - 1; t >= 0; t--) {
    sum += rewards[t]!;
    sums[t] = sum;
  }
  return sums;
}
