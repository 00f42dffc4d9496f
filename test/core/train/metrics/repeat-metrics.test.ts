import { describe, expect, it } from 'vitest';
import type { EstimatedBatch } from '../../../../core/contracts/loop.js';
import { createRandom } from '../../../../core/random.js';
import { repeatMetrics } from '../../../../core/train/metrics/repeat-metrics.js';

const random = createRandom(5);

/** A batch of responses with the given tokens; advantages are random, or one number for each response. */
function batchOf(responses: readonly (readonly number[])[], rewards: readonly number[]): EstimatedBatch {
  const rows = responses.map(({ length }, b) =>
    Float32Array.from({ length }, (_, t) => random.stream('advantage').uniform(b, t)),
  );
  const rollouts = responses.map((tokens) => ({
    responseTokens: Int32Array.from(tokens),
    segments: [{ source: 'policy', length: tokens.length }],
  }));
  return { rollouts, rewards: Float32Array.from(rewards), rawAdvantages: rows } as unknown as EstimatedBatch;
}

const counting = Array.from({ length: 40 }, (_, t) => t);
/** Three tokens of its own, then 50 of a loop with period 2: the second copy begins at 5. */
const looping = [90, 91, 92, ...Array.from({ length: 50 }, (_, t) => 80 + (t % 2))];
const mean = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length;
const standing = (some: readonly number[], all: readonly number[]): number =>
  (mean(some) - mean(all)) / Math.sqrt(mean(all.map((x) => (x - mean(all)) ** 2)));

describe('the advantage of repetitions', () => {
  it('is that of the tokens from the second copy on, in standard deviations of all tokens', () => {
    const batch = batchOf([counting, looping, counting, looping], [1, 0, 0, 0]);
    const all = batch.rawAdvantages.flatMap((row) => [...row]);
    const looped = [1, 3].flatMap((b) => [...batch.rawAdvantages[b]!.subarray(5)]);
    expect(repeatMetrics(batch, 2)['repeatAdvantage']).toBeCloseTo(standing(looped, all), 12);
  });

  it('stands beside the one of a group, which has no critic', () => {
    const batch = batchOf([counting, looping, counting, looping], [1, 0, 0, 0]);
    const rows = [0.5, -0.5, 0, 0].map((advantage, b) => batch.rawAdvantages[b]!.toSorted().map(() => advantage));
    const looped = [1, 3].flatMap((b) => [...rows[b]!.subarray(5)]);
    const expected = standing(
      looped,
      rows.flatMap((row) => [...row]),
    );
    expect(repeatMetrics(batch, 2)['repeatGroupAdvantage']).toBeCloseTo(expected, 12);
    expect(expected).toBeLessThan(0);
  });

  it('is null where nothing repeats and 0 where all tokens are alike', () => {
    expect(repeatMetrics(batchOf([counting, counting], [1, 0]), 2)).toEqual({
      repeatAdvantage: null,
      repeatGroupAdvantage: null,
    });
    expect(repeatMetrics(batchOf([counting, looping], [1, 1]), 2)['repeatGroupAdvantage']).toBe(0);
  });
});
