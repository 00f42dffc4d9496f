import { describe, expect, it } from 'vitest';
import { klEstimators, klOfLogRatio, klPerToken, type KlEstimator } from '../../../core/recipe/kl.js';
import { createRandom } from '../../../core/random.js';
import { float32Tolerance, maxDifference, oracle } from '../../fixtures/algorithm-oracle.js';

const policy = [0.5, 0.3, 0.15, 0.05];
const reference = [0.4, 0.2, 0.2, 0.2];
const exactKl = policy.reduce((sum, p, i) => sum + p * Math.log(p / reference[i]!), 0);
/** Mean of an estimator over the policy, by enumeration. */
const expectation = (estimator: KlEstimator): number =>
  policy.reduce((sum, p, i) => sum + p * klOfLogRatio(estimator, Math.log(p / reference[i]!)), 0);

describe('KL estimators', () => {
  it.each(oracle.kl)('$estimator equals the reference per token', ({ estimator, perToken }) => {
    const { logprobs, refLogprobs } = oracle.tokens;
    expect(maxDifference(klPerToken(estimator, logprobs, refLogprobs), perToken)).toBeLessThan(float32Tolerance);
  });

  it('k1 and k3 are unbiased', () => {
    expect(expectation('k1')).toBeCloseTo(exactKl, 12);
    expect(expectation('k3')).toBeCloseTo(exactKl, 12);
  });

  it('k2 is biased, yet agrees to second order in the distance', () => {
    expect(Math.abs(expectation('k2') - exactKl)).toBeGreaterThan(1e-3);
    const epsilon = 1e-3;
    const near = [0.5 + epsilon, 0.5 - epsilon].map((p) => ({ p, ratio: Math.log(p / 0.5) }));
    const kl = near.reduce((sum, { p, ratio }) => sum + p * ratio, 0);
    const k2 = near.reduce((sum, { p, ratio }) => sum + p * klOfLogRatio('k2', ratio), 0);
    expect(k2 / kl).toBeCloseTo(1, 5);
  });

  it('k1 is positive where the policy likes the token more; k2 and k3 are never negative', () => {
    expect(klPerToken('k1', [-1], [-3])[0]).toBe(2);
    expect(klPerToken('k1', [-3], [-1])[0]).toBe(-2);
    const { uniform } = createRandom(3).stream('kl-test');
    for (let i = 0; i < 200; i++) {
      const ratio = (uniform(i) - 0.5) * 10 ** (4 * uniform(i, 1) - 3);
      expect(klOfLogRatio('k2', ratio)).toBeGreaterThanOrEqual(0);
      expect(klOfLogRatio('k3', ratio)).toBeGreaterThanOrEqual(0);
    }
  });

  it('k3 grows when the reference likes the token more: it is taken of ref − policy', () => {
    expect(klOfLogRatio('k3', -1)).toBeCloseTo(Math.E - 2, 12);
    expect(klOfLogRatio('k3', 1)).toBeCloseTo(1 / Math.E, 12);
  });

  it.each(klEstimators)('%s is zero between equal models and empty without tokens', (estimator) => {
    expect([...klPerToken(estimator, [-0.5, -7], [-0.5, -7])].every((x) => x === 0)).toBe(true);
    expect(klPerToken(estimator, [], [])).toHaveLength(0);
  });

  it('rejects arrays of different lengths', () => {
    expect(() => klPerToken('k3', [0], [0, 0])).toThrow(expect.objectContaining({ code: 'ORZ_INTERNAL' }));
  });
});

describe('expected gradients of the KL terms, for softmax logits, by enumeration', () => {
  /** ∂ log p_i / ∂ z_j of a softmax. */
  const score = (i: number, j: number): number => (i === j ? 1 : 0) - policy[j]!;
  const logRatio = policy.map((p, i) => Math.log(p / reference[i]!));
  const mean = (f: (i: number) => number): number[] =>
    policy.map((_, j) => policy.reduce((sum, p, i) => sum + p * f(i) * score(i, j), 0));
  // Gradients of the two divergences with respect to the logits, in closed form
  const reverse = policy.map((p, j) => p * (logRatio[j]! - exactKl)); // of KL(policy ‖ reference)
  const forward = policy.map((p, j) => p - reference[j]!); // of KL(reference ‖ policy)

  it('as a loss k1 pulls nowhere, k2 along KL(policy ‖ reference), k3 along KL(reference ‖ policy)', () => {
    expect(
      maxDifference(
        mean(() => 1),
        [0, 0, 0, 0],
      ),
    ).toBeLessThan(1e-15);
    expect(
      maxDifference(
        mean((i) => logRatio[i]!),
        reverse,
      ),
    ).toBeLessThan(1e-15);
    expect(
      maxDifference(
        mean((i) => 1 - Math.exp(-logRatio[i]!)),
        forward,
      ),
    ).toBeLessThan(1e-15);
  });

  it('as a penalty k3 pulls along the difference of both, which vanishes near the reference', () => {
    const pull = mean((i) => klOfLogRatio('k3', logRatio[i]!));
    expect(
      maxDifference(
        pull,
        reverse.map((g, j) => g - forward[j]!),
      ),
    ).toBeLessThan(1e-15);
  });
});
