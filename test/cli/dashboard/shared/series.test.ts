import { describe, expect, it } from 'vitest';
import { chartsFor, chartSpecs, matches } from '../../../../cli/dashboard/shared/charts.js';
import { downsample } from '../../../../cli/dashboard/shared/downsample.js';
import { examine, noWarnings } from '../../../../cli/dashboard/shared/health.js';
import { parseLines } from '../../../../cli/dashboard/shared/json-lines.js';
import {
  align,
  appendRecords,
  emptySeries,
  positive,
  smooth,
  type RunSeries,
} from '../../../../cli/dashboard/shared/series.js';
import { readPage } from '../../../docs/pages.js';

const seriesOf = (...records: Parameters<typeof appendRecords>[1]): RunSeries => {
  const series = emptySeries();
  appendRecords(series, records);
  return series;
};

describe('columns', () => {
  it('have a place for every iteration, whenever a metric appears or is undefined', () => {
    const series = seriesOf(
      { iteration: 1, reward: 0.5, kl: null },
      { iteration: 2, reward: 1, 'evaluation/x': { reward: 0.25 } },
      { note: 'no iteration' },
      { iteration: 4, kl: 0.1 },
    );
    expect(series.iterations).toEqual([1, 2, 4]);
    expect(Object.fromEntries(series.columns)).toEqual({
      reward: [0.5, 1, null],
      kl: [null, null, 0.1],
      'evaluation/x/reward': [null, 0.25, null],
    });
  });

  it('come with the time of work, summed up, or as a report states it', () => {
    expect(
      seriesOf({ iteration: 1, seconds: { total: 2 } }, { iteration: 2 }, { iteration: 3, seconds: { total: 0.5 } })
        .elapsed,
    ).toEqual([2, 2, 2.5]);
    expect(seriesOf({ iteration: 1, elapsed: 40, 'seconds/total': 2 }, { iteration: 9, elapsed: 99 })).toMatchObject({
      elapsed: [40, 99],
      columns: new Map([['seconds/total', [2, null]]]),
    });
  });
});

describe('curves', () => {
  it('smoothed without weight are the values; with weight a mean that starts unbiased; gaps stay', () => {
    expect(smooth([1, null, 3], 0)).toEqual([1, null, 3]);
    const [first, gap, third] = smooth([1, null, 3], 0.5) as [number, null, number];
    expect([first, gap]).toEqual([1, null]);
    expect(third).toBeCloseTo((0.25 * 1 + 0.5 * 3) / 0.75, 12);
    expect(smooth([5, 5, 5, 5], 0.9)).toEqual([5, 5, 5, 5].map((x) => expect.closeTo(x, 12)));
  });

  it('on a logarithmic axis are positive', () => {
    expect(positive([1, 0, -2, null, 3])).toEqual([1, null, null, null, 3]);
  });

  it('of several runs share one ascending axis', () => {
    expect(
      align([
        { x: [1, 3], y: [10, 30] },
        { x: [2, 3], y: [5, null] },
      ]),
    ).toEqual({
      x: [1, 2, 3],
      ys: [
        [10, null, 30],
        [null, 5, null],
      ],
    });
  });
});

describe('a long run made short', () => {
  const rows = 1000;
  const values = Array.from({ length: rows }, (_, i) => (i === 617 ? 50 : i === 618 ? -50 : Math.sin(i / 50)));
  const long: RunSeries = {
    iterations: values.map((_, i) => i + 1),
    elapsed: values.map((_, i) => i),
    columns: new Map([
      ['reward', values],
      ['evaluation', values.map((_, i) => (i % 100 === 99 ? i : null))],
    ]),
  };

  it('keeps the greatest and the least value of every stretch, in order', () => {
    const short = downsample(long, 100);
    const reward = short.columns.get('reward')!;
    expect([short.iterations.length, reward.length, short.elapsed.length]).toEqual([100, 100, 100]);
    expect(reward.indexOf(50)).toBe(reward.indexOf(-50) - 1);
    expect([short.iterations[0], short.iterations.at(-1)]).toEqual([1, 1000]);
    expect(short.iterations.every((x, i) => i === 0 || x > short.iterations[i - 1]!)).toBe(true);
  });

  it('keeps single values and gaps', () => {
    expect(
      downsample(long, 100)
        .columns.get('evaluation')!
        .filter((value) => value !== null),
    ).toEqual([99, 199, 299, 399, 499, 599, 699, 799, 899, 999]);
  });

  it('keeps the interval of each value that it keeps', () => {
    const records = Array.from({ length: 100 }, (_, i) => {
      const reward = Math.sin(i);
      return { iteration: i + 1, 'evaluation/a': { reward, rewardLow: reward - 1 / (i + 1), rewardHigh: i } };
    });
    const { columns } = downsample(seriesOf(...records), 20);
    const [rewards, lows, highs] = ['reward', 'rewardLow', 'rewardHigh'].map((name) =>
      columns.get(`evaluation/a/${name}`)!,
    );
    expect(rewards).toHaveLength(20);
    expect(rewards).toEqual(highs!.map((row) => Math.sin(row!)));
    expect(lows).toEqual(highs!.map((row) => Math.sin(row!) - 1 / (row! + 1)));
  });

  it('is itself if it is short enough', () => {
    expect(downsample(long, rows)).toBe(long);
  });
});

describe('lines of JSON', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

  it('are counted in bytes, and a torn last one is left', () => {
    expect(parseLines(bytes('{"a":"é"}\n{"a":2}\n{"a"'))).toEqual({ records: [{ a: 'é' }, { a: 2 }], bytes: 19 });
    expect(parseLines(bytes('{"a"'))).toEqual({ records: [], bytes: 0 });
    expect(parseLines(bytes('\n\n1\r\n'))).toEqual({ records: [1], bytes: 5 });
  });

  it('may be cut inside a character', () => {
    expect(parseLines(bytes('{"a":"é"}\n{"a":"é').subarray(0, -1))).toMatchObject({ records: [{ a: 'é' }] });
  });

  it('that are damaged throw', () => {
    expect(() => parseLines(bytes('{"a":}\n'))).toThrow(SyntaxError);
  });
});

describe('charts', () => {
  it('name only metrics that docs/metrics.md explains', () => {
    const page = readPage('docs/metrics.md');
    const unknown = chartSpecs
      .flatMap(({ names }) => names)
      .filter((name) => !page.includes(`\`${name.split('/')[0]!}${name.startsWith('evaluation') ? '/<set>' : ''}\``));
    expect(unknown).toEqual([]);
  });

  it('show what exists, and every metric that no chart knows', () => {
    const charts = chartsFor([
      'reward',
      'evaluation/a/reward',
      'evaluation/b/reward',
      'myBonus',
      'mine/x',
      'mine/y',
      'phaseShare/sample',
    ]);
    expect(charts.map(({ title, names }) => [title, ...names])).toEqual([
      ['Reward', 'reward'],
      ['Held-out reward', 'evaluation/a/reward', 'evaluation/b/reward'],
      ['myBonus', 'myBonus'],
      ['mine', 'mine/x', 'mine/y'],
    ]);
  });

  it('draw the ends of an interval with their metric, and other names that look like them by themselves', () => {
    const interval = ['evaluation/a/rewardLow', 'evaluation/a/rewardHigh'];
    expect(chartsFor(['evaluation/a/reward', ...interval]).flatMap(({ names }) => names)).toEqual([
      'evaluation/a/reward',
    ]);
    expect(chartsFor(['tideLow', 'tideHigh', 'fuel', 'fuelLow']).flatMap(({ names }) => names)).toEqual([
      'tideLow',
      'tideHigh',
      'fuel',
      'fuelLow',
    ]);
  });

  it('a star stands for something, not for nothing', () => {
    expect([
      matches('a/*/b', 'a/x/b'),
      matches('a/*/b', 'a//b'),
      matches('a/*', 'a/x/y'),
      matches('a', 'ab'),
      matches('a/*', 'b/a/x'),
    ]).toEqual([true, false, true, false, false]);
  });
});

it('warnings are those that hold, with the iteration that raised them, also when the records come in portions', () => {
  const sick = Array.from({ length: 12 }, (_, i) => ({
    iteration: i + 1,
    reward: 0,
    groupsWithoutSignal: 1,
    entropy: 1,
  }));
  const whole = examine(noWarnings, sick);
  expect(whole.warnings.length).toBeGreaterThan(0);
  expect(whole.warnings[0]).toMatchObject({
    iteration: expect.any(Number),
    message: expect.stringMatching(/\d/),
    advice: expect.stringMatching(/\w/),
  });
  expect(examine(examine(noWarnings, sick.slice(0, 2)), sick.slice(2))).toEqual(whole);
  expect(examine(whole, [{ iteration: 13, reward: 0.5, groupsWithoutSignal: 0.1, entropy: 1 }]).warnings).toEqual([]);
});
