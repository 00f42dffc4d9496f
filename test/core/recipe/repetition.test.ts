import { describe, expect, it } from 'vitest';
import { notableRepetition, repeatOnset, type RepetitionRule } from '../../../core/recipe/repetition.js';
import { createRandom } from '../../../core/random.js';

/** The definition, tried for every start and period. */
function naiveOnset(tokens: readonly number[], { minTokens, minCopies }: RepetitionRule): number {
  for (let t = 1; t < tokens.length; t++) {
    for (let p = 1; p <= t; p++) {
      const window = Math.max(minTokens, (minCopies - 1) * p);
      let j = t;
      while (j < tokens.length && j < t + window && tokens[j] === tokens[j - p]) j++;
      if (j === t + window) return t;
    }
  }
  return -1;
}

const { integer } = createRandom(11).stream('repetition-test');
const random = (length: number, alphabet: number, key: number): number[] =>
  Array.from({ length }, (_, i) => integer(alphabet, key, i));
const repeat = (block: readonly number[], copies: number): number[] =>
  Array.from({ length: copies }, () => block).flat();

describe('repeatOnset', () => {
  it('is the first token of the second copy', () => {
    const intro = [90, 91, 92];
    expect(repeatOnset([...intro, ...repeat([1, 2, 3, 4, 5, 6, 7, 8], 5)])).toBe(3 + 8);
    expect(repeatOnset([...intro, ...repeat([5], 40)])).toBe(4);
  });

  it('equals the definition on short texts over small alphabets', () => {
    let found = 0;
    for (let key = 0; key < 400; key++) {
      const rule = { minTokens: 2 + (key % 5), minCopies: 2 + (key % 2) };
      const tokens = random(5 + (key % 50), 2 + (key % 3), key);
      const expected = naiveOnset(tokens, rule);
      if (expected >= 0) found++;
      expect(repeatOnset(tokens, rule), JSON.stringify({ tokens, rule })).toBe(expected);
    }
    expect(found).toBeGreaterThan(100); // the comparison is not only about texts without repetition
    expect(found).toBeLessThan(400);
  });

  it('needs three copies and 32 tokens by default', () => {
    const block = random(20, 1000, 1001);
    expect(repeatOnset([...block, ...block])).toBe(-1);
    expect(repeatOnset([...block, ...block, ...block])).toBe(20);
    expect(repeatOnset(repeat([1, 2, 3, 4], 8))).toBe(-1); // 28 tokens repeat
    expect(repeatOnset(repeat([1, 2, 3, 4], 9))).toBe(4);
    expect(notableRepetition).toEqual({ minTokens: 32, minCopies: 3 });
  });

  it('finds an early long loop rather than a later short one', () => {
    const sentence = random(50, 1000, 1002);
    expect(repeatOnset([...repeat(sentence, 3), ...repeat([7], 60)])).toBe(50);
  });

  it('is −1 for text without repetition, one token, and none', () => {
    expect(repeatOnset(random(3000, 500, 1003))).toBe(-1);
    expect([repeatOnset([1]), repeatOnset([])]).toEqual([-1, -1]);
  });

  it('compares at most 65 times per token, also in a text built to defeat it', () => {
    // Sparse marks in a sea of equal tokens match at nearly every period, yet never for 1000 tokens: each period costs
    // a good part of the length
    const length = 6000;
    const tokens = Array.from({ length }, (_, i) => (i % 400 === 0 ? 2 + i : 1));
    let reads = 0;
    const counted = new Proxy(tokens, {
      get: (target, key): unknown => {
        if (typeof key === 'string' && /^\d+$/.test(key)) reads++;
        return Reflect.get(target, key);
      },
    });
    expect(repeatOnset(counted, { minTokens: 1000, minCopies: 3 })).toBe(-1);
    expect(reads / 2).toBeLessThan(65 * length); // a comparison reads two tokens
    expect(reads / 2).toBeGreaterThan(60 * length); // the limit was reached
  });
});
