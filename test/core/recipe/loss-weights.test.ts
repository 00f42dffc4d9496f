import { describe, expect, it } from 'vitest';
import { lossAverages, lossWeights, packRows, type SequenceLength } from '../../../core/recipe/loss-weights.js';
import { createRandom } from '../../../core/random.js';

const lengths = (...pairs: readonly (readonly [number, number])[]): SequenceLength[] =>
  pairs.map(([promptLength, responseLength]) => ({ promptLength, responseLength }));
const rounded = (weights: readonly Float32Array[]): number[][] =>
  weights.map((row) => [...row].map((w) => Math.round(w * 1e6) / 1e6));

describe('lossWeights', () => {
  const sequences = lengths([2, 1], [2, 3], [1, 4]);

  it('token-mean gives every token the same weight', () => {
    expect(rounded(lossWeights('token-mean', sequences))).toEqual([
      [0.125],
      [0.125, 0.125, 0.125],
      [0.125, 0.125, 0.125, 0.125],
    ]);
  });

  it('sequence-mean gives every response the same weight', () => {
    const third = 0.333333,
      ninth = 0.111111,
      twelfth = 0.083333;
    expect(rounded(lossWeights('sequence-mean', sequences))).toEqual([
      [third],
      [ninth, ninth, ninth],
      [twelfth, twelfth, twelfth, twelfth],
    ]);
  });

  it('packed-row-mean gives every row the same weight, so tokens of the short last row weigh more', () => {
    // rows of 8: [3 + 5], [5]; 4 response tokens in the first, 4 in the second
    expect(rounded(lossWeights('packed-row-mean', sequences, { packedRowTokens: 8 }))).toEqual([
      [0.125],
      [0.125, 0.125, 0.125],
      [0.125, 0.125, 0.125, 0.125],
    ]);
    // rows of 10: [3 + 5], [5] again; with a fourth sequence in the second row its 6 tokens share one half
    const more = rounded(lossWeights('packed-row-mean', [...sequences, ...lengths([1, 2])], { packedRowTokens: 10 }));
    expect(more).toEqual([[0.125], [0.125, 0.125, 0.125], Array(4).fill(0.083333), Array(2).fill(0.083333)]);
  });

  it('packed-row-mean equals the mean over rows of the mean over the response tokens of a row', () => {
    const { uniform, integer } = createRandom(5).stream('weights-test');
    const many = Array.from({ length: 30 }, (_, i) => ({
      promptLength: 1 + integer(9, i, 0),
      responseLength: 1 + integer(20, i, 1),
    }));
    const losses = many.map(({ responseLength }, i) =>
      Array.from({ length: responseLength }, (_, t) => uniform(i, t, 2)),
    );
    const weights = lossWeights('packed-row-mean', many, { packedRowTokens: 64 });
    const weighted = losses.reduce((sum, row, i) => sum + row.reduce((s, loss, t) => s + loss * weights[i]![t]!, 0), 0);

    const rows: number[][] = [[]];
    let used = 0;
    many.forEach(({ promptLength, responseLength }, i) => {
      if (used + promptLength + responseLength > 64) {
        rows.push([]);
        used = 0;
      }
      used += promptLength + responseLength;
      rows.at(-1)!.push(...losses[i]!);
    });
    const mean = (xs: readonly number[]): number => xs.reduce((s, x) => s + x, 0) / xs.length;
    expect(weighted).toBeCloseTo(mean(rows.map(mean)), 6);
    expect(rows.length).toBeGreaterThan(5);
  });

  it('one row as long as the batch makes packed-row-mean the token mean', () => {
    expect(lossWeights('packed-row-mean', sequences, { packedRowTokens: 13 })).toEqual(
      lossWeights('token-mean', sequences),
    );
  });

  const limits = { packedRowTokens: 6, maxResponseTokens: 10 };

  it.each(lossAverages)('%s: weights are positive, also with empty responses among them', (average) => {
    const weights = lossWeights(average, lengths([5, 0], [1, 2], [6, 0], [2, 3]), limits);
    expect(weights.map((row) => row.length)).toEqual([0, 2, 0, 3]);
    expect(weights.flatMap((row) => [...row]).every((w) => w > 0)).toBe(true);
    // The others are means; of two responses with 5 of 2 · 10 tokens, a constant length counts a quarter.
    const total = average === 'constant-length' ? 5 / 20 : 1;
    expect(weights.reduce((sum, row) => sum + row.reduce((s, w) => s + w, 0), 0)).toBeCloseTo(total, 6);
  });

  it('constant-length without a length is a configuration error', () => {
    expect(() => lossWeights('constant-length', sequences)).toThrow(
      expect.objectContaining({ code: 'ORZ_CONFIG_INVALID' }),
    );
  });

  it.each(lossAverages)('%s: no response token, no weight', (average) => {
    expect(lossWeights(average, lengths([3, 0], [2, 0]), limits)).toEqual([new Float32Array(0), new Float32Array(0)]);
    expect(lossWeights(average, [], limits)).toEqual([]);
  });

  it('packed-row-mean without a row length is a configuration error', () => {
    expect(() => lossWeights('packed-row-mean', sequences)).toThrow(
      expect.objectContaining({ code: 'ORZ_CONFIG_INVALID' }),
    );
  });
});

describe('packRows', () => {
  it('fills rows in order of arrival and never goes back to an earlier one', () => {
    expect(packRows(lengths([1, 5], [2, 3], [1, 1], [1, 1]), 8)).toEqual([[0], [1, 2], [3]]);
  });

  it('a sequence that fits exactly stays in the row', () => {
    expect(packRows(lengths([1, 3], [1, 3], [1, 1]), 8)).toEqual([[0, 1], [2]]);
  });

  it('a sequence longer than a row is an error that names both lengths', () => {
    expect(() => packRows(lengths([1, 1], [4, 5]), 8)).toThrow(
      expect.objectContaining({ code: 'ORZ_CONFIG_INVALID', message: expect.stringMatching(/9 tokens.*holds 8/) }),
    );
  });
});
