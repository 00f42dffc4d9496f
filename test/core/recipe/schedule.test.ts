import { describe, expect, it } from 'vitest';
import { learningRateAt, type Schedule } from '../../../core/recipe/schedule.js';

describe('learningRateAt', () => {
  it('rises linearly to the peak at the last warm-up step and stays there', () => {
    const schedule: Schedule = { type: 'constant', peak: 1e-6, warmupSteps: 50 };
    expect(learningRateAt(schedule, 1)).toBeCloseTo(2e-8, 20);
    expect(learningRateAt(schedule, 25)).toBeCloseTo(5e-7, 20);
    expect([50, 51, 10_000].map((step) => learningRateAt(schedule, step))).toEqual([1e-6, 1e-6, 1e-6]);
  });

  it('starts at the peak without warm-up', () => {
    expect(learningRateAt({ type: 'constant', peak: 0.5, warmupSteps: 0 }, 1)).toBe(0.5);
  });

  it('falls along a cosine from the peak to the floor', () => {
    const schedule: Schedule = { type: 'cosine', peak: 2, warmupSteps: 10, totalSteps: 110, floor: 0.05 };
    expect(learningRateAt(schedule, 10)).toBe(2);
    expect(learningRateAt(schedule, 60)).toBeCloseTo(2 * (0.05 + 0.95 / 2), 12);
    expect(learningRateAt(schedule, 35)).toBeCloseTo(2 * (0.05 + (0.95 * (1 + Math.SQRT1_2)) / 2), 12);
    expect(learningRateAt(schedule, 110)).toBeCloseTo(0.1, 12);
    expect(learningRateAt(schedule, 500)).toBeCloseTo(0.1, 12);
    const rates = Array.from({ length: 101 }, (_, i) => learningRateAt(schedule, 10 + i));
    expect(rates.every((rate, i) => i === 0 || rate < rates[i - 1]!)).toBe(true);
  });

  it('is at the floor after a warm-up as long as the run', () => {
    expect(learningRateAt({ type: 'cosine', peak: 1, warmupSteps: 5, totalSteps: 5, floor: 0.1 }, 6)).toBeCloseTo(
      0.1,
      12,
    );
  });

  it.each([0, -1, 1.5, Number.NaN])('rejects step %d', (step) => {
    expect(() => learningRateAt({ type: 'constant', peak: 1, warmupSteps: 2 }, step)).toThrow(
      expect.objectContaining({ code: 'ORZ_INTERNAL' }),
    );
  });
});
