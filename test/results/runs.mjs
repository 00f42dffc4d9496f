/** What finished runs say in their folders. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {{ readonly reward: number, readonly responseLength: number, readonly formatShare: number,
 *   readonly reflectionShare: number }} HeldOut
 */

/**
 * One line of `metrics.jsonl`; docs/metrics.md explains every name.
 * @typedef {Readonly<Record<string, unknown>> & { readonly iteration: number }} Line
 */

/**
 * @typedef {object} FinishedRun
 * @property {number} seed
 * @property {boolean} shuffled whether it is a control with shuffled rewards
 * @property {number} responses to held-out problems that an evaluation before or after training counts
 * @property {HeldOut} before
 * @property {HeldOut} after
 * @property {readonly Line[]} iterations
 * @property {readonly { readonly iteration: number, readonly heldOut: HeldOut }[]} evaluations
 * @property {number} seconds of the whole run, base model included
 * @property {number} peakBytes of the run process
 */

/** Name of the set of problems that `orz-tiny` is judged by. */
const heldOutName = 'held-out';

/** @param {string} folder @returns {FinishedRun} */
export function readRun(folder) {
  const lines = /** @type {Line[]} */ (
    readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  );
  const config =
    /** @type {{ seed: number, shuffleRewards: boolean, evaluation: { problems: number, samples: number } }} */ (
      JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))
    );
  const { seconds, before, after } =
    /** @type {{ seconds: number, before: Record<string, HeldOut>, after: Record<string, HeldOut> }} */ (
      JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'))
    );
  const [first, last] = [before[heldOutName], after[heldOutName]];
  if (first === undefined || last === undefined) throw new Error(`${folder} has no evaluation of ${heldOutName}`);
  const later = lines.flatMap((line) => {
    const heldOut = /** @type {HeldOut | undefined} */ (line[`evaluation/${heldOutName}`]);
    return heldOut === undefined ? [] : [{ iteration: line.iteration, heldOut }];
  });
  return {
    seed: config.seed,
    shuffled: config.shuffleRewards,
    responses: config.evaluation.problems * config.evaluation.samples,
    before: first,
    after: last,
    iterations: lines,
    evaluations: [{ iteration: 0, heldOut: first }, ...later],
    seconds,
    peakBytes: Math.max(...lines.map((line) => /** @type {number} */ (line['peakMemoryBytes']))),
  };
}

/** @param {readonly number[]} values */
export const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/** One row per run, controls last, and the mean of several. @param {readonly FinishedRun[]} runs */
export function resultsTable(runs) {
  const columns = [
    'run',
    'reward',
    'response length',
    'format share',
    'reflection share',
    'minutes',
    'peak memory, MiB',
  ];
  const lines = [columns, columns.map((_, c) => (c === 0 ? '---' : '---:'))];
  for (const shuffled of [false, true]) {
    const group = runs.filter((run) => run.shuffled === shuffled);
    const name = shuffled ? 'shuffled rewards, ' : '';
    lines.push(...group.map((run) => row(`${name}seed ${run.seed}`, [run])));
    if (group.length > 1) lines.push(row(`**${name}mean**`, group));
  }
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** @param {string} label @param {readonly FinishedRun[]} runs */
function row(label, runs) {
  const change = (/** @type {keyof HeldOut} */ name, /** @type {number} */ digits) =>
    [runs.map((run) => run.before[name]), runs.map((run) => run.after[name])]
      .map((values) => mean(values).toFixed(digits))
      .join(' → ');
  return [
    label,
    change('reward', 3),
    change('responseLength', 1),
    change('formatShare', 3),
    change('reflectionShare', 3),
    (mean(runs.map((run) => run.seconds)) / 60).toFixed(1),
    (mean(runs.map((run) => run.peakBytes)) / 2 ** 20).toFixed(0),
  ];
}
