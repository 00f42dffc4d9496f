import { expect, it } from 'vitest';
import { mergedMetrics } from '../../../../plugins/engine-tinker/transport/metrics.js';
import { Traffic } from '../../../../plugins/engine-tinker/transport/traffic.js';

it('metrics of parts are merged by their reductions, weighted by the data', () => {
  const first = {
    'a:sum': 1,
    'b:mean': 1,
    'c:min': 1,
    'd:max': 1,
    'e:slack': 1,
    'f:last': 1,
    'g:unique': 1,
    'h:sum': 1,
  };
  const second = { 'a:sum': 2, 'b:mean': 5, 'c:min': 2, 'd:max': 2, 'e:slack': 5, 'f:last': 2, 'g:unique': 2 };
  expect(
    mergedMetrics([
      { metrics: first, count: 3 },
      { metrics: second, count: 1 },
    ]),
  ).toEqual({ 'a:sum': 3, 'b:mean': 2, 'c:min': 1, 'd:max': 2, 'e:slack': 3, 'f:last': 2 });
});

it('metrics of one part are left as they are', () => {
  expect(mergedMetrics([{ metrics: { odd: 1, 'g:unique': 2 }, count: 3 }])).toEqual({ odd: 1, 'g:unique': 2 });
  expect(mergedMetrics([])).toEqual({});
});

it('a metric that is not a number in one part is none in all', () => {
  const parts = [1, NaN].map((value) => ({ metrics: { 'a:sum': value, 'b:max': value, 'c:mean': value }, count: 1 }));
  expect(mergedMetrics(parts)).toEqual({ 'a:sum': NaN, 'b:max': NaN, 'c:mean': NaN });
});

it('times that overlap count once, and those that run count so far', async () => {
  let now = 0;
  const traffic = new Traffic(() => now);
  const ends: (() => void)[] = [];
  const period = () =>
    traffic.during('policy.forward', 'wait', () => new Promise<void>((resolve) => ends.push(resolve)));
  const first = period();
  now = 1_000;
  const second = period();
  now = 3_000;
  ends[0]!();
  await first;
  now = 4_000;
  expect(traffic.snapshot()['policy.forward']).toMatchObject({ waitSeconds: 4, sendSeconds: 0, queueSeconds: 0 });
  ends[1]!();
  await second;
  now = 9_000;
  expect(traffic.snapshot()['policy.forward']?.waitSeconds).toBe(4);
});
