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

  it('goes linearly from the peak to the final rate, counted from the end of the warm-up', () => {
    // By hand: the paper anneals from 1e-6 to 3e-7 in 100 steps, 7e-9 at each.
    const annealing: Schedule = { type: 'linear', peak: 1e-6, warmupSteps: 0, decaySteps: 100, final: 3e-7 };
    const table = [
      [1, 9.93e-7],
      [2, 9.86e-7],
      [50, 6.5e-7],
      [99, 3.07e-7],
      [100, 3e-7],
      [101, 3e-7],
      [5000, 3e-7],
    ] as const;
    for (const [step, rate] of table) expect(learningRateAt(annealing, step)).toBeCloseTo(rate, 18);
    const warm: Schedule = { type: 'linear', peak: 4, warmupSteps: 2, decaySteps: 4, final: 0 };
    expect([1, 2, 3, 4, 5, 6, 7].map((step) => learningRateAt(warm, step))).toEqual([2, 4, 3, 2, 1, 0, 0]);
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
