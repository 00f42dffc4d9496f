/* eslint-disable @typescript-eslint/no-non-null-assertion -- inner loop over typed arrays */
import { requireInRange, requireSameLength } from './check.js';

export interface GaeInput {
  /** [T] r_t, the reward for producing response token t. */
  readonly rewards: ArrayLike<number>;
  /** [T] V(s_t), the critic's value of the state *before* token t: prompt and response tokens 0 … t−1. */
  readonly values: ArrayLike<number>;
  /** Discount γ in [0, 1]. */
  readonly gamma: number;
  /** Trace decay λ in [0, 1]. */
  readonly lambda: number;
}

/**
 * Generalised advantage estimates and value targets of one response, both [T].
 *
 *     δ_t = r_t + γ V(s_{t+1}) − V(s_t)        with V(s_T) = 0
 *     A_t = δ_t + γ λ A_{t+1}                  with A_T = 0
 *     R_t = A_t + V(s_t)                       the λ-return
 *
 * Source: Schulman et al. 2016 (arXiv 1506.02438) eq. 16; Open-Reasoner-Zero (arXiv 2503.24290) §2.1.3. With γ = λ = 1
 * this is A_t = R − V(s_t) and R_t = R, R the sum of the rewards from t on.
 *
 * A response cut by the length limit ends like a finished one, with next value 0 and no bootstrap, as in the released
 * code. Departure: sums run in float64 and are rounded to float32 once (the reference sums in float32).
 */
export function gae(input: GaeInput): { advantages: Float32Array; returns: Float32Array } {
  const { rewards, values, gamma, lambda } = input;
  requireSameLength('gae', rewards, values);
  requireInRange('gamma', gamma, [0, 1]);
  requireInRange('lambda', lambda, [0, 1]);
  const advantages = new Float32Array(rewards.length);
  const returns = new Float32Array(rewards.length);
  // V(s_{t+1}) and A_{t+1} of the token after t, in float64; both are 0 after the last.
  let nextValue = 0;
  let nextAdvantage = 0;
  for (let t = rewards.length - 1; t >= 0; t--) {
    const reward = rewards[t]!;
    const value = values[t]!;
    const delta = reward + gamma * nextValue - value;
    const advantage = delta + gamma * lambda * nextAdvantage;
    advantages[t] = advantage;
    returns[t] = advantage + value;
    nextValue = value;
    nextAdvantage = advantage;
  }
  return { advantages, returns };
}
