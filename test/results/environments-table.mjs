/** Whether runs of the same seeds come to the same reward in several environments. */
import { mean } from './runs.mjs';

/**
 * @typedef {import('./runs.mjs').FinishedRun & { readonly environment: string, readonly device: string }}
 *   EnvironmentRun
 */

/** How the environments are called, in their order. @type {Readonly<Record<string, string>>} */
export const environmentNames = { onnx: 'ONNX in Node', node: 'webgpu in Node', page: 'webgpu in Chromium' };

/**
 * A row per run, the mean of each environment, and what the difference of the environments is worth.
 * @param {readonly EnvironmentRun[]} runs
 */
export function environmentsReport(runs) {
  const groups = groupsOf(runs);
  const columns = [
    'where',
    'seed',
    'reward',
    'format share',
    'reflection share',
    'response length',
    'largest log-prob gap',
    'minutes',
  ];
  const rows = [columns, columns.map((_, c) => (c === 0 ? '---' : '---:'))];
  for (const { name, group } of groups) {
    rows.push(...group.map((run) => row(name, `${run.seed}`, [run])));
    if (group.length > 1) rows.push(row(`**${name}**`, '**mean**', group));
  }
  const devices = groups.map(
    ({ name, group }) => `${name}: ${[...new Set(group.map(({ device }) => device))].join('; or ')}.`,
  );
  const lines = [
    rewardNote(runs),
    ...groups.slice(1).map(({ name, group }) => differenceNote(name, group, groups[0])),
    ...devices,
  ];
  return [...rows.map((cells) => `| ${cells.join(' | ')} |`), '', ...lines.map((line) => `- ${line}`)].join('\n');
}

/** @typedef {{ readonly name: string, readonly group: readonly EnvironmentRun[] }} Group */

/** @param {readonly EnvironmentRun[]} runs @returns {Group[]} */
export const groupsOf = (runs) =>
  Object.entries(environmentNames)
    .map(([environment, name]) => ({
      name,
      group: runs.filter((run) => run.environment === environment).sort((a, b) => a.seed - b.seed),
    }))
    .filter(({ group }) => group.length > 0);

/** @param {string} name @param {string} seed @param {readonly EnvironmentRun[]} group */
function row(name, seed, group) {
  const change = (
    /** @type {'reward' | 'formatShare' | 'reflectionShare' | 'responseLength'} */ quantity,
    /** @type {number} */ digits,
  ) =>
    [group.map((run) => run.before[quantity]), group.map((run) => run.after[quantity])]
      .map((values) => mean(values).toFixed(digits))
      .join(' → ');
  const gap = Math.max(...group.flatMap((run) => run.iterations.map((line) => Number(line['logprobGapMax']))));
  return [
    name,
    seed,
    change('reward', 3),
    change('formatShare', 3),
    change('reflectionShare', 3),
    change('responseLength', 1),
    gap.toExponential(1),
    (mean(group.map((run) => run.seconds)) / 60).toFixed(1),
  ];
}

/**
 * Largest error of sampling `responses` of them; problems are the same everywhere.
 * @param {number} reward
 * @param {number} responses
 */
const samplingError = (reward, responses) => Math.sqrt((reward * (1 - reward)) / responses);

/** @param {readonly EnvironmentRun[]} runs */
function rewardNote(runs) {
  const errors = runs.flatMap(({ before, after, responses }) =>
    [before, after].map(({ reward }) => samplingError(reward, responses)),
  );
  const counts = [...new Set(runs.map(({ responses }) => responses))].join(' or ');
  return (
    `Reward: mean over ${counts} responses to held-out problems, before → after; ` +
    `the sampling error of one figure is at most ${Math.max(...errors).toFixed(3)}.`
  );
}

/** @param {string} name @param {readonly EnvironmentRun[]} group @param {Group | undefined} base */
function differenceNote(name, group, base) {
  const pairs = group.flatMap((run) => {
    const same = base?.group.find(({ seed }) => seed === run.seed);
    return same ? [/** @type {const} */ ([run, same])] : [];
  });
  if (base === undefined || pairs.length < 2) return `${name}: fewer than two seeds to compare.`;
  const differences = pairs.map(([run, same]) => run.after.reward - same.after.reward),
    average = mean(differences);
  const spread = Math.sqrt(
    differences.reduce((sum, each) => sum + (each - average) ** 2, 0) / (differences.length - 1) / differences.length,
  );
  const sampling =
    Math.sqrt(
      pairs.flat().reduce((sum, { after, responses }) => sum + samplingError(after.reward, responses) ** 2, 0),
    ) / pairs.length;
  return (
    `${name} minus ${base.name}, reward after training, same seeds: ${signed(average)} on average over ` +
    `${pairs.length} seeds; standard error ${spread.toFixed(3)} by the spread of the differences, ` +
    `${sampling.toFixed(3)} by sampling alone.`
  );
}

const signed = (/** @type {number} */ value) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
