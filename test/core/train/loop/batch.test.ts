import { describe, expect, it } from 'vitest';
import type { Problem, Rollout } from '../../../../core/contracts/data.js';
import { groupIndices, splitEvenly, toSequence } from '../../../../core/train/loop/batch.js';

const problem = (n: number): Problem => ({ id: `p${n}`, prompt: `${n % 10}+1`, answer: String(n + 1) });
const rollout = (index: number, of: Problem): Rollout => ({
  index,
  problem: of,
  promptTokens: Int32Array.of(1, 2, 3),
  responseTokens: Int32Array.of(7, 8),
  segments: [{ source: 'policy', length: 2 }],
  samplerLogprobs: Float32Array.of(-1, -2),
  text: 'ab',
  stopReason: 'stop',
  weightVersion: 1,
});

describe('a batch of rollouts', () => {
  it('joins prompt and response as they are', () => {
    expect(toSequence(rollout(0, problem(1)))).toEqual({ tokens: Int32Array.of(1, 2, 3, 7, 8), promptLength: 3 });
  });

  it('groups the samples of one problem, and refuses rollouts out of order', () => {
    const rollouts = [0, 1, 2, 3, 4, 5].map((i) => rollout(i, problem(Math.floor(i / 3))));
    expect([...groupIndices(rollouts, 3)]).toEqual([0, 0, 0, 1, 1, 1]);
    expect(() => groupIndices(rollouts, 2)).toThrow(expect.objectContaining({ code: 'ORZ_GROUP' }));
    expect(() => groupIndices([rollouts[1]!, rollouts[0]!, rollouts[2]!], 3)).toThrow(
      expect.objectContaining({ code: 'ORZ_GROUP' }),
    );
  });

  it('is cut into parts that differ by at most one, in order, never an empty one', () => {
    const order = Int32Array.from({ length: 11 }, (_, i) => (i * 7) % 11);
    for (const parts of [1, 2, 3, 11, 12, 40]) {
      const cut = splitEvenly(order, parts);
      expect(cut.flat()).toEqual([...order]);
      expect(cut.length).toBe(Math.min(parts, 11));
      const sizes = cut.map((part) => part.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
  });
});
