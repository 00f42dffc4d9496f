/** How speed and memory grow: one process for each point, curves with fitted exponents, one thread. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { loadavg } from 'node:os';
import { computingEnvironment } from '../../../dist/cli/platform/computing-environment.js';
import { logMultiples } from '../../results/log-chart.mjs';
import { machineName } from '../../results/machine-name.mjs';
import { figure } from '../measure.mjs';
import { axes, lengthTokens } from './axes.mjs';

/** @typedef {import('./axes.mjs').Axis} Axis */
/** @typedef {{ readonly x: number, readonly rate: number, readonly bytes: number }} Point */
/** @typedef {{ readonly axis: Axis, readonly points: readonly Point[] }} Curve */

const program = fileURLToPath(new URL('point.mjs', import.meta.url));

/** @param {{ readonly say: (line: string) => void }} options @returns {Curve[]} */
export function measureGrowth({ say }) {
  return axes.map((axis) => ({
    axis,
    points: axis.values.map((x) => {
      say(`${axis.title}: ${x}`);
      return { x, ...measurePoint(axis.name, x) };
    }),
  }));
}

/** @param {string} axis @param {number} x @returns {{ readonly rate: number, readonly bytes: number }} */
function measurePoint(axis, x) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, axis, `${x}`], {
    encoding: 'utf8',
    env: { ...computingEnvironment(process.env), OMP_NUM_THREADS: '1' },
    maxBuffer: 1e8,
  });
  if (status !== 0) throw new Error(`${axis} ${x} failed:\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

/**
 * The exponent p of y ∝ x^p over the last four points, by least squares of the logarithms: what counts is how it goes
 * on.
 * @param {readonly (readonly [x: number, y: number])[]} points
 */
export function exponent(points) {
  const last = points.slice(-4).map(([x, y]) => /** @type {const} */ ([Math.log(x), Math.log(y)]));
  const mean = (/** @type {0 | 1} */ i) => last.reduce((sum, point) => sum + point[i], 0) / last.length;
  const [mx, my] = [mean(0), mean(1)];
  const covariance = last.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
  return covariance / last.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
}

/** Without a minus before zero. @param {number} p */
const asExponent = (p) =>
  p
    .toFixed(2)
    .replace(/^-(?=0\.00$)/, '')
    .replace('-', '−');

/** @param {readonly Curve[]} curves @returns {import('../table.mjs').Report} */
export function growthReport(curves) {
  return {
    name: 'growth',
    title: 'How speed and memory grow',
    columns: ['what grows', 'from', 'to', 'per second', 'exponent', 'peak, MiB', 'exponent', 'what limits it'],
    rows: curves.map(({ axis, points }) => {
      const [first, last] = [points[0], points.at(-1)];
      const between = (/** @type {(point: Point) => string} */ show) =>
        first && last ? `${show(first)} → ${show(last)}` : '';
      return [
        axis.title,
        `${first?.x.toLocaleString('en')}`,
        `${last?.x.toLocaleString('en')}`,
        between(({ rate }) => figure(rate)),
        asExponent(exponent(points.map(({ x, rate }) => [x, rate]))),
        between(({ bytes }) => figure(bytes / 2 ** 20)),
        asExponent(exponent(points.map(({ x, bytes }) => [x, bytes]))),
        axis.limit,
      ];
    }),
    notes: [
      'Exponents are fitted over the last four points. One thread, one process for each point; the peak is above ' +
        'what the process took with its weights loaded, or before it read the data.',
      `Sequence length: forward and backward of 8 blocks of 512 with 4,096 tokens of vocabulary, ${lengthTokens} ` +
        'tokens a step or one sequence. Batch: orz-tiny, 13 + 32 tokens. Width: 4 blocks with heads of 64 on one, ' +
        '4 sequences of 256. Problems: `orz-train data` on made problems, every prompt counted, a small tokenizer.',
      `Measured on ${machineName()}, load ${(loadavg()[0] ?? 0).toFixed(1)}.`,
    ],
  };
}

/** Of the picture, for those who do not see it. */
export const growthDescription =
  'Speed and peak memory against sequence length, batch, width and number of problems, on logarithmic axes';

/** @param {readonly Curve[]} curves */
export function drawGrowth(curves) {
  const panels = curves.flatMap(({ axis, points }) => [
    { title: `${axis.title}: ${axis.unit}`, xLabel: axis.xLabel, points: points.map(({ x, rate }) => pair(x, rate)) },
    {
      title: `${axis.title}: peak, MiB`,
      xLabel: axis.xLabel,
      points: points.map(({ x, bytes }) => pair(x, bytes / 2 ** 20)),
    },
  ]);
  return logMultiples(panels, growthDescription);
}

/** @param {number} x @param {number} y @returns {readonly [number, number]} */
const pair = (x, y) => [x, y];
