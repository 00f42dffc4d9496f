import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { averageOf } from '../../../../cli/dashboard/shared/average.js';
import { appendRecords, emptySeries, type RunSeries } from '../../../../cli/dashboard/shared/series.js';

interface Recorded {
  readonly cases: readonly {
    readonly name: string;
    readonly values: readonly (readonly number[])[];
    readonly means: readonly (readonly [mean: number, low: number, high: number])[];
  }[];
}

const file = new URL('../../../fixtures/study/comparisons.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as Recorded;

const seriesOf = (...records: Parameters<typeof appendRecords>[1]): RunSeries => {
  const series = emptySeries();
  appendRecords(series, records);
  return series;
};

describe('the average over runs', () => {
  it.each(cases)('has the mean and the 95 % intervals of scipy: $name', ({ values, means }) => {
    // Each arm of the recording is an iteration of its seeds.
    const seeds = values[0]!.map((_, seed) => values.map((arm, i) => ({ iteration: i + 1, reward: arm[seed]! })));
    const { series, bands } = averageOf(seeds.map((records) => seriesOf(...records)));
    const { low, high } = bands.get('reward')!;
    means.forEach((expected, i) => {
      expect([series.columns.get('reward')![i], low[i], high[i]]).toEqual(
        expected.map((value) => expect.closeTo(value, 9) as number),
      );
    });
  });

  it('is over the runs that have a value at an iteration; the band needs two', () => {
    const { series, bands } = averageOf([
      seriesOf({ iteration: 1, reward: 1, kl: null }, { iteration: 2, reward: 4 }, { iteration: 3, reward: 5 }),
      seriesOf({ iteration: 0, 'evaluation/x': { reward: 0.5 } }, { iteration: 1, reward: 3 }, { iteration: 2 }),
    ]);
    expect(series.iterations).toEqual([0, 1, 2, 3]);
    expect(Object.fromEntries(series.columns)).toEqual({
      reward: [null, 2, 4, 5],
      kl: [null, null, null, null],
      'evaluation/x/reward': [0.5, null, null, null],
    });
    // t(0.975, 1) = 12.7062 times the standard error 1.
    const near = (value: number) => expect.closeTo(value, 3) as number;
    expect([...bands]).toEqual([
      ['reward', { low: [null, near(2 - 12.7062), null, null], high: [null, near(2 + 12.7062), null, null] }],
    ]);
  });

  it('has no interval of equal values, and none of the problems of one run', () => {
    const held = { reward: 0.5, rewardLow: 0.25, rewardHigh: 0.75 };
    const run = seriesOf({ iteration: 1, 'evaluation/x': held });
    const { series, bands } = averageOf([run, run]);
    expect([...series.columns]).toEqual([['evaluation/x/reward', [0.5]]]);
    expect(bands.size).toBe(0);
  });

  it('goes on in time when a slow run ends before the others', () => {
    const slow = seriesOf({ iteration: 1, seconds: { total: 10 } });
    const fast = seriesOf({ iteration: 1, seconds: { total: 2 } }, { iteration: 2, seconds: { total: 2 } });
    expect(averageOf([slow, fast]).series.elapsed).toEqual([6, 8]);
  });

  it('leaves a gap where a mean is no number', () => {
    const huge = seriesOf({ iteration: 1, loss: 1.7e308 });
    const { series, bands } = averageOf([huge, seriesOf({ iteration: 1, loss: 1.6e308 })]);
    expect([series.columns.get('loss'), bands.size]).toEqual([[null], 0]);
  });
});
