import { expect, test } from 'vitest';
import { logMultiples, powers } from '../../results/log-chart.mjs';
import { axes } from './axes.mjs';
import { drawGrowth, exponent, growthReport } from './growth.mjs';
import { writeProblems } from './problems.mjs';

test('the exponent is that of the last four points', () => {
  const cubic = [1, 2, 4, 8, 16].map((x) => [x, 5 * x ** 3] as const);
  expect(exponent(cubic)).toBeCloseTo(3, 12);
  expect(exponent([[0.5, 1e9], ...cubic.slice(1)])).toBeCloseTo(3, 12);
  expect(
    exponent([
      [1, 4],
      [2, 4],
    ]),
  ).toBe(0);
});

test('every axis has a row with both exponents, and two panels', () => {
  const curves = axes.map((axis) => ({
    axis,
    points: axis.values.map((x) => ({ x, rate: 1e6 / x, bytes: 2 ** 20 * x })),
  }));
  const { rows } = growthReport(curves);
  expect(rows.map(([, from, to, , speed, , memory]) => [from, to, speed, memory])).toEqual([
    ['128', '8,192', '−1.00', '1.00'],
    ['1', '4,096', '−1.00', '1.00'],
    ['64', '1,024', '−1.00', '1.00'],
    ['890', '56,960', '−1.00', '1.00'],
  ]);
  expect(drawGrowth(curves).match(/class="title"/g)).toHaveLength(2 * axes.length);
});

test('ticks are powers that enclose the values, and a power law is a straight line', () => {
  expect(powers([3, 40], 10)).toEqual([1, 10, 100]);
  expect(powers([8, 8], 2)).toEqual([8, 16]);
  const svg = logMultiples(
    [
      {
        title: 'a < b',
        xLabel: 'x',
        points: [
          [1, 1],
          [2, 10],
          [4, 100],
        ],
      },
    ],
    'a law',
  );
  expect(svg).toContain('a &lt; b');
  const at = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)]);
  const [[x0 = 0, y0 = 0] = [], [x1 = 0, y1 = 0] = [], [x2 = 0, y2 = 0] = []] = at;
  expect(x1 - x0).toBeCloseTo(x2 - x1, 5);
  expect(y1 - y0).toBeCloseTo(y2 - y1, 5);
});

test('problems are made alike each time, and no two of them are the same', () => {
  const made = JSON.parse(writeProblems(10, 500)) as { value?: string }[][];
  expect(new Set(made.map(([question]) => question?.value)).size).toBe(500);
  expect(writeProblems(10, 500)).toBe(writeProblems(10, 500));
});
