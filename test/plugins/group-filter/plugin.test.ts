import { describe, expect, it } from 'vitest';
import type { GradedRollouts } from '../../../core/contracts/loop.js';
import { createRandom } from '../../../core/random.js';
import { createSignalFilter } from '../../../plugins/group-filter/plugin.js';

const group = (rewards: readonly number[]): GradedRollouts => ({
  rollouts: [],
  results: rewards.map((value) => ({ value, verdict: 'wrong' })),
});
const keeps = (rewards: readonly number[]): boolean => createSignalFilter().keeps!(group(rewards));

describe('groups with signal', () => {
  it('are those whose rewards have a deviation, whatever their order and values', () => {
    const { uniform } = createRandom(16).stream('rewards');
    const seen = new Set<boolean>();
    for (let seed = 0; seed < 300; seed++) {
      const levels = [-0.5, 0, 1].slice(0, 1 + Math.floor(3 * uniform(seed)));
      const rewards = Array.from(
        { length: 1 + (seed % 5) },
        (_, i) => levels[Math.floor(levels.length * uniform(seed, i))]!,
      );
      const mean = rewards.reduce((a, b) => a + b) / rewards.length;
      const variance = rewards.reduce((sum, x) => sum + (x - mean) ** 2, 0);
      expect(keeps(rewards)).toBe(variance > 1e-9);
      expect(keeps(rewards.toReversed())).toBe(keeps(rewards));
      seen.add(keeps(rewards));
    }
    expect(seen.size).toBe(2);
  });

  it('are no groups of one or of none', () => {
    expect([keeps([1]), keeps([])]).toEqual([false, false]);
  });

  it('are looked for as often as the setting says', () => {
    expect([createSignalFilter().maxCollections, createSignalFilter({ maxCollections: 7 }).maxCollections]).toEqual([
      4, 7,
    ]);
    expect(() => createSignalFilter({ maxCollections: 0 })).toThrow();
  });
});
