import { describe, expect, it } from 'vitest';
import { advantageConformance } from '../../../core/conformance/index.js';
import { createRemax } from '../../../plugins/advantage-remax/plugin.js';
import { batchOf } from '../../fixtures/batches.js';

describe('advantage remax', () => {
  for (const check of advantageConformance(createRemax)) it(check.title, check.run);

  it('is the reward to go less the reward of the greedy response to the same prompt', () => {
    const tokenRewards = [Float32Array.of(-0.25, 1), Float32Array.of(0, 0), Float32Array.of(0.5)];
    const greedyRewards = Float32Array.of(0.5, 0.5, 0);
    const { advantages, returns } = createRemax().estimate({
      ...batchOf([1, 0, 0.5], [0, 0, 1]),
      tokenRewards,
      greedyRewards,
    });
    expect(advantages.map((row) => [...row])).toEqual([[0.25, 0.5], [-0.5, -0.5], [0.5]]);
    expect(returns.map((row) => [...row])).toEqual([[0.75, 1], [0, 0], [0.5]]);
  });

  it('says that it needs greedy responses, and throws without them', () => {
    expect(createRemax().needsGreedyBaseline).toBe(true);
    expect(() => createRemax().estimate(batchOf([1, 0], [0, 0]))).toThrow(
      expect.objectContaining({ code: 'ORZ_CAPABILITY' }),
    );
  });
});
