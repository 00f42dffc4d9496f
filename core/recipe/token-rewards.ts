import { elementAt, lastOf } from '../arrays.js';
import type { StepReward } from '../contracts/data.js';
import { requireSameLength } from './check.js';

/**
 * Rewards per response token, [T]: the scalar reward on the last token, zero elsewhere, less a KL penalty if there is
 * one. What an environment gave on the way is part of the reward, and stays on the tokens it was given for.
 *
 *     r_t = [t = T−1] · (reward − Σ_k s_k) + Σ_{k at t} s_k − penalty_t
 *
 * `penalty` [T] is what a KL regulariser returns, its coefficient included. A response without tokens has no token to
 * carry its reward: the result is empty (the reference drops such responses from the batch). Source: released code,
 * `score_tensor[-1]` and `compute_reward`.
 */
export function tokenRewards(
  reward: number,
  length: number,
  penalty?: ArrayLike<number>,
  steps: readonly StepReward[] = [],
): Float32Array {
  if (penalty) requireSameLength('tokenRewards', { length }, penalty);
  const rewards = penalty ? Float32Array.from(penalty, (amount) => -amount) : new Float32Array(length);
  const onTheWay = steps.reduce((sum, step) => sum + step.reward, 0);
  if (length > 0) rewards[length - 1] = lastOf(rewards) + (reward - onTheWay);
  for (const step of steps) rewards[step.token] = elementAt(rewards, step.token) + step.reward;
  return rewards;
}

/** Undiscounted sum of the rewards from each token to the end, [T]: Σ_{s ≥ t} r_s. */
export function rewardToGo(rewards: ArrayLike<number>): Float32Array {
  let sum = 0;
  const fromTheEnd = Float32Array.from(Array.from(rewards).reverse(), (reward) => (sum += reward));
  return fromTheEnd.reverse();
}
