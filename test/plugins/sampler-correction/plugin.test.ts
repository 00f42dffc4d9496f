import { describe, expect, it } from 'vitest';
import { evaluateLoss } from '../../../core/compute/engine/host-loss.js';
import { createRandom } from '../../../core/random.js';
import { createGspo } from '../../../plugins/loss-gspo/plugin.js';
import { createSequenceCorrection, createTokenCorrection } from '../../../plugins/sampler-correction/plugin.js';

const { uniform } = createRandom(16).stream('log-probabilities');

/** Log-probabilities of policy and sampler, `spread` apart at most. */
const example = (seed: number, length: number, spread: number) => {
  const old = Float32Array.from({ length }, (_, t) => -3 * uniform(seed, t));
  return { old, sampler: old.map((x, t) => x + spread * (2 * uniform(seed, t, 1) - 1)) };
};

/** Of one rounding to float32. */
const relative = 2 ** -23;

const expectClose = (actual: Iterable<number>, expected: readonly number[]): void => {
  for (const [t, x] of [...actual].entries()) expect(Math.abs(x - expected[t]!)).toBeLessThanOrEqual(relative * x);
};

describe('a correction per token', () => {
  it('is the ratio of the probabilities of each token, up to the cap', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { old, sampler } = example(seed, 12, 2);
      const cap = 1 + 2 * uniform(seed, 0, 2);
      const expected = [...old].map((x, t) => Math.min(Math.exp(x - sampler[t]!), cap));
      expectClose(createTokenCorrection({ cap }).factors!(old, sampler), expected);
      expect(expected.some((x) => x < 1)).toBe(true);
    }
  });

  it('is unbiased without a cap that is reached: a mean under the sampler becomes that under the policy', () => {
    const [policy, sampler] = [
      [0.5, 0.3, 0.2],
      [0.4, 0.4, 0.2],
    ];
    const logs = (p: number[]): Float32Array => Float32Array.from(p, Math.log);
    const factors = createTokenCorrection({ cap: 2 }).factors!(logs(policy), logs(sampler));
    const value = [1, 5, -2];
    const mean = (p: readonly number[]): number => p.reduce((sum, x, i) => sum + x * value[i]!, 0);
    expect(mean([...factors].map((f, i) => f * sampler[i]!))).toBeCloseTo(mean(policy), 6);
  });
});

describe('a correction per response', () => {
  it('is the product of the ratios on every token, up to the cap', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { old, sampler } = example(seed, 7, 0.4);
      const product = [...old].reduce((all, x, t) => all * Math.exp(x - sampler[t]!), 1);
      const factors = createSequenceCorrection({ cap: 1.5 }).factors!(old, sampler);
      // Each of the seven factors of the product rounds once more.
      for (const x of factors) expect(Math.abs(x - Math.min(product, 1.5))).toBeLessThanOrEqual(8 * relative * x);
    }
  });

  it('is capped as a whole, not token by token', () => {
    const [old, sampler] = [Float32Array.of(-1, -4), Float32Array.of(-3, -2)];
    expect([...createSequenceCorrection({ cap: 2 }).factors!(old, sampler)]).toEqual([1, 1]);
    expectClose(createTokenCorrection({ cap: 2 }).factors!(old, sampler), [2, Math.exp(-2)]);
  });
});

describe('a token that the policy would all but never write', () => {
  const old = Float32Array.of(-1, -900, -2);
  const sampler = Float32Array.of(-1, -1, -2);

  it.each([
    ['token', createTokenCorrection()],
    ['sequence', createSequenceCorrection()],
  ])('stays in the response: per %s', (_, { factors }) => {
    const weights = factors!(old, sampler).map((factor) => factor / (1024 * 32768));
    expect(weights.every((weight) => weight >= 2 ** -126)).toBe(true);
  });

  it('counts in the ratio of GSPO as it did without a correction', () => {
    const slopes = (weights: Float32Array): Float64Array =>
      evaluateLoss(createGspo(), {
        tokens: 3,
        scores: { logprobs: old },
        input: (name) => ({ weights, advantages: [1, 1, 1], oldLogprobs: [-1, -900 + 3e-4, -2] })[name],
        sequence: [0, 0, 0],
      }).slopes.logprobs!;
    const [plain, corrected] = [
      slopes(new Float32Array(3).fill(1)),
      slopes(createTokenCorrection().factors!(old, sampler)),
    ];
    // Two of three weights are left, and each token has a third of what is left.
    for (const [t, slope] of corrected.entries()) expect(slope / plain[t]!).toBeCloseTo(2 / 3, 9);
  });
});
