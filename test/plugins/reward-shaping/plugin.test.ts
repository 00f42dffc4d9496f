import { describe, expect, it } from 'vitest';
import type { GradedResponse } from '../../../core/contracts/reward-shaping.js';
import { createOverlongFilter, createOverlongPenalty } from '../../../plugins/reward-shaping/plugin.js';

const response = (length: number, reward = 1, stopReason: GradedResponse['stopReason'] = 'stop'): GradedResponse => ({
  problem: { id: 'p', prompt: '1+1', answer: '2' },
  ...{ length, reward, stopReason, verdict: 'correct' },
});

/** What each length loses. */
function penalties(settings: Parameters<typeof createOverlongPenalty>[0], maxResponseTokens: number): number[] {
  const lengths = Array.from({ length: maxResponseTokens + 1 }, (_, n) => response(n));
  const shaped = createOverlongPenalty(settings).shape!(lengths, { maxResponseTokens });
  expect(shaped.every(({ inLoss }) => inLoss)).toBe(true);
  return shaped.map(({ reward }) => 1 - reward);
}

describe('the penalty of long responses', () => {
  it('is that of equation 13 of DAPO, with its own numbers scaled down', () => {
    // L_max 20, L_cache 4: nothing to 16 tokens, ((L_max − L_cache) − |y|) / L_cache to 20.
    const expected = Array.from({ length: 21 }, (_, n) => (n <= 16 ? 0 : -((20 - 4 - n) / 4)));
    expect(penalties({ bufferTokens: 4 }, 20)).toEqual(expected);
  });

  it.each([
    [{ penalty: 1 }, 100, 20],
    [{ penalty: 1 }, 7, 2],
    [{ penalty: 1, bufferTokens: 1 }, 50, 1],
    [{ penalty: 2, bufferTokens: 500 }, 50, 50],
    [{ penalty: 0.5, bufferTokens: 30 }, 90, 30],
  ])('%j of at most %i tokens grows evenly over the last %i', (settings, limit, buffer) => {
    const lost = penalties(settings, limit);
    const whole = settings.penalty;
    for (const [n, x] of lost.entries())
      expect(x).toBeCloseTo((whole * Math.max(0, n - (limit - buffer))) / buffer, 12);
    expect(lost.at(-1)).toBe(whole);
  });

  it('comes off whatever the reward was', () => {
    const shape = createOverlongPenalty({ bufferTokens: 10 }).shape!;
    const shaped = shape([response(95, 0), response(95, 1), response(95, -3)], { maxResponseTokens: 100 });
    expect(shaped.map(({ reward }) => reward)).toEqual([-0.5, 0.5, -3.5]);
  });
});

describe('the filter of cut responses', () => {
  it('leaves out those that were cut, however long, and changes no reward', () => {
    const responses = [response(5, 1, 'length'), response(100, 1, 'stop'), response(100, 0, 'length'), response(0, 0)];
    expect(createOverlongFilter().shape!(responses, { maxResponseTokens: 100 })).toEqual([
      { reward: 1, inLoss: false },
      { reward: 1, inLoss: true },
      { reward: 0, inLoss: false },
      { reward: 0, inLoss: true },
    ]);
  });
});
