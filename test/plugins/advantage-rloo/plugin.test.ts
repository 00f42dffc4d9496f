import { describe, expect, it } from 'vitest';
import { whiten } from '../../../core/recipe/whiten.js';
import { advantageConformance } from '../../../core/conformance/index.js';
import { createGroupAdvantage } from '../../../plugins/advantage-group/plugin.js';
import { createRloo } from '../../../plugins/advantage-rloo/plugin.js';
import { float32Tolerance, maxDifference } from '../../fixtures/algorithm-oracle.js';
import { batchOf } from '../../fixtures/batches.js';

const firstTokens = (rows: readonly Float32Array[]): number[] => rows.map((row) => row[0]!);

describe('advantage rloo', () => {
  for (const check of advantageConformance(createRloo)) it(check.title, check.run);

  it('is the reward less the mean of the other samples of the prompt', () => {
    const rewards = [1, 3, 0, 0.5, 5, 0],
      groups = [0, 1, 0, 0, 1, 0];
    const expected = rewards.map((reward, i) => {
      const others = rewards.filter((_, j) => j !== i && groups[j] === groups[i]);
      return reward - others.reduce((sum, r) => sum + r, 0) / others.length;
    });
    const { advantages, returns } = createRloo().estimate(batchOf(rewards, groups));
    expect(maxDifference(firstTokens(advantages), expected)).toBeLessThan(float32Tolerance);
    expect(firstTokens(returns)).toEqual(rewards);
  });

  it('after whitening equals the group mean as baseline, for groups of one size', () => {
    const batch = batchOf([1, 0, 0, 1, 1, 0], [0, 0, 0, 1, 1, 1], [3, 1, 4, 2, 2, 5]);
    const flat = (rows: readonly Float32Array[]): number[] => whiten(rows).values.flatMap((row) => [...row]);
    const ours = flat(createRloo().estimate(batch).advantages);
    expect(
      maxDifference(ours, flat(createGroupAdvantage({ divideByStd: false }).estimate(batch).advantages)),
    ).toBeLessThan(float32Tolerance);
    expect(Math.max(...ours)).toBeGreaterThan(0.5);
  });

  it('gives zero to a lone sample and to equal rewards, and needs one group with two samples', () => {
    expect(firstTokens(createRloo().estimate(batchOf([1, 0.1, 0.1, 0.1], [0, 1, 1, 1])).advantages)).toEqual([
      0, 0, 0, 0,
    ]);
    expect(() => createRloo().estimate(batchOf([1, 0], [0, 1]))).toThrow(
      expect.objectContaining({ code: 'ORZ_GROUP' }),
    );
  });
});
