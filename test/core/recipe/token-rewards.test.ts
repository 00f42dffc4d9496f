import { describe, expect, it } from 'vitest';
import { rewardToGo, tokenRewards } from '../../../core/recipe/token-rewards.js';
import { maxDifference } from '../../fixtures/algorithm-oracle.js';

describe('tokenRewards', () => {
  it('puts the reward on the last token and nothing elsewhere', () => {
    expect([...tokenRewards(1, 4)]).toEqual([0, 0, 0, 1]);
    expect([...tokenRewards(-2, 1)]).toEqual([-2]);
  });

  it('subtracts the penalty from every token, the last included', () => {
    expect([...tokenRewards(1, 3, [0.5, -0.25, 0.25])]).toEqual([-0.5, 0.25, 0.75]);
  });

  it('leaves what an environment gave on the way where it was given', () => {
    const steps = [
      { token: 0, reward: 0.5 },
      { token: 2, reward: -0.25 },
      { token: 3, reward: 1 },
    ];
    expect([...tokenRewards(2.25, 4, undefined, steps)]).toEqual([0.5, 0, -0.25, 2]);
    const penalty = [0.5, 0.25, 0.25, 0.5];
    expect([...tokenRewards(2.25, 4, penalty, steps)]).toEqual([0, -0.25, -0.5, 1.5]);
  });

  it('is empty for a response without tokens', () => {
    expect(tokenRewards(1, 0)).toHaveLength(0);
    expect(tokenRewards(1, 0, [])).toHaveLength(0);
  });

  it('rejects a penalty of another length', () => {
    expect(() => tokenRewards(1, 2, [0])).toThrow(expect.objectContaining({ code: 'ORZ_INTERNAL' }));
  });
});

describe('rewardToGo', () => {
  it('sums from each token to the end', () => {
    expect(maxDifference(rewardToGo([1, -2, 4]), [3, 2, 4])).toBe(0);
    expect(rewardToGo([])).toHaveLength(0);
  });
});
