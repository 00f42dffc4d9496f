import { describe, expect, it } from 'vitest';
import { differenceText, estimateText, verdictOf } from '../../../core/study/verdict.js';

const difference = (mean: number, low: number, high: number) => ({
  mean,
  interval: [low, high] as const,
  pairs: 5,
});

describe('verdictOf', () => {
  it.each([
    [difference(-0.31, -0.4, -0.22), 'λ is lower by 0.31 (0.22 to 0.40)'],
    [difference(0.31, 0.22, 0.4), 'λ is higher by 0.31 (0.22 to 0.40)'],
    [difference(0.005, -0.02, 0.03), 'no difference seen (−0.020 to 0.030)'],
    [difference(-0.02, -0.07, 0.03), 'no difference seen (−0.07 to 0.03)'],
    [difference(52.4, 31.2, 73.6), 'λ is higher by 52 (31 to 74)'],
    [
      { mean: 0.2, interval: null, pairs: 3 },
      'no verdict: λ is higher by 0.200 with each of 3 seeds alike, which gives no interval',
    ],
    [{ mean: 0, interval: null, pairs: 1 }, 'no verdict from one seed, with which λ is equal'],
  ])('%j', (given, sentence) => {
    expect(verdictOf('λ', given)).toBe(sentence);
  });
});

describe('figures', () => {
  it('have as many places as their interval bears', () => {
    expect(estimateText({ mean: 0.41273, interval: [0.38, 0.44546] })).toBe('0.41 ± 0.03');
    expect(estimateText({ mean: 0.41273, interval: [0.40273, 0.42273] })).toBe('0.413 ± 0.010');
    expect(estimateText({ mean: 1234.5, interval: [1200, 1269] })).toBe('1235 ± 35');
    expect(estimateText({ mean: 0.41273, interval: null })).toBe('0.413');
    expect(estimateText(null)).toBe('–');
  });
  it('have a minus sign, and none before zero', () => {
    expect(differenceText(difference(-0.0001, -0.05, 0.0498))).toBe('0.00 (−0.05 to 0.05)');
    expect(differenceText(null)).toBe('–');
  });
});
