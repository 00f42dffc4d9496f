/**
 * `npm run results:algorithms`: makes one base model of `orz-tiny`, trains it with every algorithm of
 * docs/algorithms.md and several seeds, one run after another; writes the table into docs/results.md.
 *
 * npm run results:algorithms -- [--seeds 1,2,3] [--only NAME,…] [--folder runs/algorithms] [--draw-only]
 *
 * A run that the folder holds already is not made again, so an interrupted command goes on where it was.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { replaceBetweenMarkers } from '../bench/table.mjs';
import { machineName } from './machine-name.mjs';
import { mean, readRun } from './runs.mjs';

const file = (/** @type {string} */ path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const document = file('docs/results.md');

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3' },
    only: { type: 'string' },
    folder: { type: 'string', default: 'runs/algorithms' },
    'draw-only': { type: 'boolean', default: false },
  },
});

/** What each algorithm adds to `orz-train --preset orz-tiny`. @type {Readonly<Record<string, string>>} */
const algorithms = {
  'ORZ’s PPO': '',
  GRPO: '--preset grpo',
  'Dr. GRPO': '--preset dr-grpo',
  DAPO: '--preset dapo',
  GSPO: '--preset gspo',
  CISPO: '--preset cispo',
  'CISPO at a lower rate': '--preset cispo --set policyLearningRate=1e-4',
  RLOO: '--preset rloo --set lossAggregation=token-mean',
  'REINFORCE++': '--preset reinforce++',
  ReMax: '--preset remax --set lossAggregation=token-mean',
  'overlong filter': '--set rewardShaping=overlong-filter',
  'overlong penalty': '--set rewardShaping=overlong-penalty',
  'clip-higher': '--set policyUpdateSteps=4 --set policyLoss.clipEpsHigh=0.28',
  'dual clip': '--set policyUpdateSteps=4 --set policyLoss.dualClip=3',
  'two epochs': '--set policyUpdateSteps=2 --set policyEpochs=2',
  'token-level correction': '--set samplerCorrection=token',
  'sequence-level correction': '--set samplerCorrection=sequence',
  'entropy bonus': '--set entropy=bonus',
  'adaptive entropy bonus': '--set entropy=adaptive',
  'KL in the reward': '--preset kl-penalty',
  'k1 in the loss': '--preset kl-loss --set kl.estimator=k1',
  'k2 in the loss': '--preset kl-loss --set kl.estimator=k2',
  'k3 in the loss': '--preset kl-loss',
  'critic first': '--set criticOnlyIterations=3',
  'Huber value loss': '--set valueLoss.huberDelta=0.2',
};

const seeds = options.seeds.split(',').map(Number);
const names = options.only === undefined ? Object.keys(algorithms) : options.only.split(',');
const folderOf = (/** @type {string} */ name, /** @type {number} */ seed) =>
  resolve(options.folder, `${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}-seed-${seed}`);
const base = resolve(options.folder, 'base');

if (!options['draw-only']) {
  if (!isFinished(base)) train(base, ['--preset', 'orz-tiny', '--iterations', '1']);
  for (const name of names)
    for (const seed of seeds) {
      const folder = folderOf(name, seed);
      if (!isFinished(folder)) train(folder, settingsOf(name, seed));
    }
}
const table = tableOf(names);
writeFileSync(
  document,
  replaceBetweenMarkers(readFileSync(document, 'utf8'), 'algorithms', `${table}\n\nMeasured on ${machineName()}.`),
);
console.log(`\n${table}\n\nWritten to ${document}`);

/** @param {string} folder of a run */
function isFinished(folder) {
  return existsSync(resolve(folder, 'summary.json'));
}

/** @param {string} name @param {number} seed */
function settingsOf(name, seed) {
  const own = algorithms[name];
  if (own === undefined)
    throw new Error(`No algorithm is called ${name}; known: ${Object.keys(algorithms).join(', ')}`);
  // All start from the base model that the first run made, so that they differ in nothing but the algorithm.
  const model = ['--set', 'model=huggingface', '--set', `model.path=${base}/checkpoints/base/policy`];
  return ['--preset', 'orz-tiny', ...own.split(' ').filter((word) => word !== ''), '--seed', `${seed}`, ...model];
}

/** @param {string} folder @param {readonly string[]} settings */
function train(folder, settings) {
  const args = existsSync(folder) ? ['--resume', folder] : [...settings, '--run-dir', folder];
  console.log(`\n== orz-train ${args.join(' ')}`);
  const { status } = spawnSync(process.execPath, [file('cli/setup/orz-train.mjs'), ...args], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`The run in ${folder} failed`);
}

/** One row per algorithm. @param {readonly string[]} rows */
function tableOf(rows) {
  const columns = ['algorithm', 'settings', ...seeds.map((seed) => `seed ${seed}`), 'mean', 'response length'];
  const lines = [columns, columns.map((_, c) => (c < 2 ? '---' : '---:')), ...rows.map(rowOf)];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** @param {string} name @returns {string[]} */
function rowOf(name) {
  const runs = seeds.map((seed) => readRun(folderOf(name, seed)));
  const rewards = runs.map(({ after }) => after.reward);
  const settings = algorithms[name] === '' ? '' : `\`${algorithms[name]}\``;
  return [
    name,
    settings,
    ...rewards.map((reward) => reward.toFixed(3)),
    `**${mean(rewards).toFixed(3)}**`,
    mean(runs.map(({ after }) => after.responseLength)).toFixed(1),
  ];
}
