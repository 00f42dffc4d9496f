import { describe, expect, it } from 'vitest';
import { gae } from '../../../core/recipe/gae.js';
import { createRandom } from '../../../core/random.js';
import { cut, float32Tolerance, maxDifference, oracle } from '../../fixtures/algorithm-oracle.js';

const uniform = createRandom(7).stream('gae-test').uniform;
const randomCase = (length: number, key: number) => ({
  rewards: Float32Array.from({ length }, (_, t) => uniform(key, 0, t) - 0.5),
  values: Float32Array.from({ length }, (_, t) => 2 * uniform(key, 1, t) - 1),
});

/** A_t = Σ_{l ≥ 0} (γλ)^l δ_{t+l}, term by term. */
function naiveAdvantages(rewards: Float32Array, values: Float32Array, gamma: number, lambda: number): number[] {
  const delta = (t: number): number => rewards[t]! + gamma * (values[t + 1] ?? 0) - values[t]!;
  return Array.from(rewards, (_, t) => {
    let sum = 0;
    for (let l = 0; t + l < rewards.length; l++) sum += (gamma * lambda) ** l * delta(t + l);
    return sum;
  });
}

/** λ-return as the weighted mean of n-step returns; a definition that never mentions advantages. */
function naiveReturns(rewards: Float32Array, values: Float32Array, gamma: number, lambda: number): number[] {
  const length = rewards.length;
  const nStep = (t: number, n: number): number => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += gamma ** i * rewards[t + i]!;
    return sum + gamma ** n * (values[t + n] ?? 0);
  };
  return Array.from(rewards, (_, t) => {
    const steps = length - t;
    let sum = lambda ** (steps - 1) * nStep(t, steps);
    for (let n = 1; n < steps; n++) sum += (1 - lambda) * lambda ** (n - 1) * nStep(t, n);
    return sum;
  });
}

describe('gae', () => {
  it('agrees with a case worked by hand', () => {
    // γ = 0.5, λ = 0.5: δ_2 = 1 − 0.4, δ_1 = 0 + 0.2 − 0.2, δ_0 = 0 + 0.1 − 0.6; A_t = δ_t + 0.25 A_{t+1}
    const { advantages, returns } = gae({ rewards: [0, 0, 1], values: [0.6, 0.2, 0.4], gamma: 0.5, lambda: 0.5 });
    expect(maxDifference(advantages, [-0.5 + 0.25 * 0.15, 0.15, 0.6])).toBeLessThan(float32Tolerance);
    expect(maxDifference(returns, [0.1375, 0.35, 1])).toBeLessThan(float32Tolerance);
  });

  it('with gamma = lambda = 1 the advantage is the return minus the value', () => {
    const { rewards, values } = randomCase(40, 1);
    const { advantages, returns } = gae({ rewards, values, gamma: 1, lambda: 1 });
    const toGo = Array.from(rewards, (_, t) => rewards.subarray(t).reduce((sum, r) => sum + r, 0));
    expect(maxDifference(returns, toGo)).toBeLessThan(float32Tolerance);
    expect(
      maxDifference(
        advantages,
        toGo.map((r, t) => r - values[t]!),
      ),
    ).toBeLessThan(float32Tolerance);
  });

  it('with lambda = 0 the advantage is the one-step residual', () => {
    const { rewards, values } = randomCase(12, 2);
    const { advantages } = gae({ rewards, values, gamma: 0.9, lambda: 0 });
    expect(
      maxDifference(
        advantages,
        Array.from(rewards, (r, t) => r + 0.9 * (values[t + 1] ?? 0) - values[t]!),
      ),
    ).toBeLessThan(float32Tolerance);
  });

  it.each([
    [1, 1],
    [1, 0.95],
    [0.99, 0.95],
    [0.5, 0.3],
    [0, 0.7],
  ])('equals the sum over all residuals and the mixture of n-step returns (gamma %d, lambda %d)', (gamma, lambda) => {
    for (let key = 10; key < 20; key++) {
      const { rewards, values } = randomCase(1 + Math.floor(uniform(key) * 30), key);
      const { advantages, returns } = gae({ rewards, values, gamma, lambda });
      expect(maxDifference(advantages, naiveAdvantages(rewards, values, gamma, lambda))).toBeLessThan(float32Tolerance);
      expect(maxDifference(returns, naiveReturns(rewards, values, gamma, lambda))).toBeLessThan(float32Tolerance);
    }
  });

  it.each(oracle.gae.cases)(
    'equals the reference on a packed row of three samples (gamma $gamma, lambda $lambd)',
    ({ gamma, lambd, advantages, returns }) => {
      const { lengths, values, rewards } = oracle.gae;
      const valueRows = cut(values, lengths);
      const ours = cut(rewards, lengths).map((row, b) =>
        gae({ rewards: row, values: valueRows[b]!, gamma, lambda: lambd }),
      );
      expect(
        maxDifference(
          ours.flatMap((e) => [...e.advantages]),
          advantages,
        ),
      ).toBeLessThan(float32Tolerance);
      expect(
        maxDifference(
          ours.flatMap((e) => [...e.returns]),
          returns,
        ),
      ).toBeLessThan(float32Tolerance);
    },
  );

  it('handles a response of one token and one without tokens', () => {
    const one = gae({ rewards: [1], values: [0.25], gamma: 0.9, lambda: 0.9 });
    expect([...one.advantages, ...one.returns]).toEqual([0.75, 1]);
    const none = gae({ rewards: [], values: [], gamma: 1, lambda: 1 });
    expect([none.advantages.length, none.returns.length]).toEqual([0, 0]);
  });

  it('rejects values that do not line up with the rewards, and factors outside 0 to 1', () => {
    expect(() => gae({ rewards: [0, 1], values: [0], gamma: 1, lambda: 1 })).toThrow(
      expect.objectContaining({ code: 'ORZ_INTERNAL' }),
    );
    expect(() => gae({ rewards: [1], values: [0], gamma: 1.01, lambda: 1 })).toThrow(
      expect.objectContaining({ code: 'ORZ_CONFIG_INVALID' }),
    );
    expect(() => gae({ rewards: [1], values: [0], gamma: 1, lambda: Number.NaN })).toThrow(
      expect.objectContaining({ code: 'ORZ_CONFIG_INVALID' }),
    );
  });
});
