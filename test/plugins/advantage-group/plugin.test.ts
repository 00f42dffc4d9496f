import { describe, expect, it } from 'vitest';
import { advantageConformance } from '../../../core/conformance/index.js';
import { createGroupAdvantage, groupSettings } from '../../../plugins/advantage-group/plugin.js';
import { float32Tolerance, maxDifference } from '../../fixtures/algorithm-oracle.js';
import { batchOf } from '../../fixtures/batches.js';

const firstTokens = (rows: readonly Float32Array[]): number[] => rows.map((row) => row[0]!);

describe('advantage group', () => {
  for (const divideByStd of [true, false]) {
    for (const check of advantageConformance(() => createGroupAdvantage({ divideByStd })))
      it(`divideByStd ${divideByStd}: ${check.title}`, check.run);
  }

  it('is the reward less the mean of its own group, over its population deviation', () => {
    // group 0: 1 0 0 0, mean 1/4, deviation √3/4; group 1: 3 5, mean 4, deviation 1
    const { advantages, returns } = createGroupAdvantage().estimate(batchOf([1, 3, 0, 0, 5, 0], [0, 1, 0, 0, 1, 0]));
    const low = -1 / Math.sqrt(3);
    expect(maxDifference(firstTokens(advantages), [Math.sqrt(3), -1, low, low, 1, low])).toBeLessThan(float32Tolerance);
    expect(firstTokens(returns)).toEqual([1, 3, 0, 0, 5, 0]);
  });

  it('without division it only subtracts the mean', () => {
    const { advantages } = createGroupAdvantage({ divideByStd: false }).estimate(
      batchOf([1, 3, 0, 0, 5, 0], [0, 1, 0, 0, 1, 0]),
    );
    expect(firstTokens(advantages)).toEqual([0.75, -1, -0.25, -0.25, 1, -0.25]);
  });

  it('is the same at every token of a response', () => {
    const { advantages } = createGroupAdvantage().estimate(batchOf([1, 0], [0, 0], [4, 1]));
    expect(advantages.map((row) => [...row])).toEqual([[1, 1, 1, 1], [-1]]);
  });

  it('gives exact zeros to a group of equal rewards, whose mean is rounded', () => {
    const { advantages } = createGroupAdvantage().estimate(batchOf([0.1, 0.1, 0.1, 1, 0], [0, 0, 0, 1, 1]));
    expect(firstTokens(advantages).slice(0, 3)).toEqual([0, 0, 0]);
  });

  it('charges each token the KL penalties from it to the end', () => {
    const batch = batchOf([1, 0], [0, 0], [3, 2]);
    batch.tokenRewards[0]!.set([-0.5, -0.25, 1 - 0.125]);
    const { advantages, returns } = createGroupAdvantage({ divideByStd: false }).estimate(batch);
    expect([...advantages[0]!]).toEqual([0.5 - 0.875, 0.5 - 0.375, 0.5 - 0.125]);
    expect([...returns[0]!]).toEqual([0.125, 0.625, 0.875]);
    expect([...advantages[1]!]).toEqual([-0.5, -0.5]);
  });

  it('needs several samples of at least one prompt', () => {
    expect(() => createGroupAdvantage().estimate(batchOf([1, 0], [0, 1]))).toThrow(
      expect.objectContaining({ code: 'ORZ_GROUP' }),
    );
    expect(firstTokens(createGroupAdvantage().estimate(batchOf([1, 1, 0], [0, 1, 1])).advantages)).toEqual([0, 1, -1]);
    expect(createGroupAdvantage().estimate(batchOf([], [])).advantages).toEqual([]);
  });

  it('divides by default', () => {
    expect(groupSettings.parse({})).toEqual({ divideByStd: true });
  });
});
