/** Table and picture of `npm run results:before-after`. */
import { smallMultiples } from './chart.mjs';
import { mean } from './runs.mjs';

/** @typedef {import('../../core/evaluation/results.js').EvaluationStatistics} Statistics */
/** @typedef {import('../../core/evaluation/intervals.js').Estimate} Estimate */
/**
 * @typedef {object} MeasuredRun
 * @property {number} seed
 * @property {boolean} shuffled whether its rewards were permuted
 * @property {Statistics} before
 * @property {Statistics} after
 * @property {Estimate} difference of mean@16, after less before, paired by problem
 */

/**
 * @param {readonly MeasuredRun[]} runs
 * @param {(values: readonly number[]) => Estimate} meanEstimate over seeds
 */
export function beforeAfterTable(runs, meanEstimate) {
  const columns = ['run', 'mean@16 before', 'after', 'pass@16 before', 'after', 'after − before, paired'];
  const lines = [columns, columns.map((_, c) => (c === 0 ? '---' : '---:'))];
  for (const shuffled of [false, true]) {
    const group = runs.filter((run) => run.shuffled === shuffled);
    const name = shuffled ? 'shuffled rewards, ' : '';
    lines.push(...group.map((run) => row(`${name}seed ${run.seed}`, [run], run.difference)));
    const overSeeds = meanEstimate(group.map(({ difference }) => difference.mean));
    if (group.length > 1) lines.push(row(`**${name}mean over seeds**`, group, overSeeds));
  }
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** @param {string} label @param {readonly MeasuredRun[]} runs @param {Estimate} difference */
function row(label, runs, difference) {
  const of = (/** @type {(run: MeasuredRun) => number} */ value) => mean(runs.map(value)).toFixed(3);
  return [
    label,
    of(({ before }) => before.mean.mean),
    of(({ after }) => after.mean.mean),
    of(({ before }) => before.passAtK.at(-1)?.mean ?? NaN),
    of(({ after }) => after.passAtK.at(-1)?.mean ?? NaN),
    signed(difference),
  ];
}

/** @param {Estimate} estimate */
function signed({ mean, interval }) {
  const shown = (/** @type {number} */ x) => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(3)}`;
  return interval === null ? shown(mean) : `${shown(mean)} (${interval.map(shown).join(' to ')})`;
}

/** pass@k before and after, means over the runs. @param {readonly MeasuredRun[]} runs */
export function drawPasses(runs) {
  const panels = [false, true].flatMap((shuffled) => {
    const group = runs.filter((run) => run.shuffled === shuffled);
    if (group.length === 0) return [];
    const title = shuffled ? 'pass@k, shuffled rewards' : 'pass@k';
    const lines = [
      { kind: 'second', points: meanPasses(group.map(({ before }) => before)) },
      { kind: 'mean', points: meanPasses(group.map(({ after }) => after)) },
    ];
    return [{ title, lines, dots: [], range: /** @type {[number, number]} */ ([0, 1]) }];
  });
  return smallMultiples(panels, {
    xLabel: 'k',
    legend: [
      ['second', 'before training'],
      ['mean', 'after'],
    ],
    description: 'pass@k of held-out problems before and after training, means over seeds',
  });
}

/** @param {readonly Statistics[]} group @returns {[k: number, share: number][]} */
const meanPasses = (group) =>
  (group[0]?.passAtK ?? []).map(({ k }, i) => [k, mean(group.map(({ passAtK }) => passAtK[i]?.mean ?? NaN))]);
