/**
 * `node test/results/calculator.mjs`: trains the preset `calculator` with several seeds, with its environment and
 * without, one run after the other from the same base model; writes the table into docs/results.md.
 *
 * node test/results/calculator.mjs [--seeds 1,2,3,4,5] [--folder runs/calculator] [--set path=value]… [--draw-only]
 *
 * `--draw-only` uses the runs that the folder holds already.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
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
    seeds: { type: 'string', default: '1,2,3,4,5' },
    folder: { type: 'string', default: 'runs/calculator' },
    set: { type: 'string', multiple: true, default: [] },
    'draw-only': { type: 'boolean', default: false },
  },
});

/** @typedef {import('./runs.mjs').FinishedRun & { readonly environment: string }} Run */

const environments = ['calculator', 'none'];
const folderOf = (/** @type {string} */ seed, /** @type {string} */ environment) =>
  resolve(options.folder, `seed-${seed}-${environment}`);
const planned = options.seeds
  .split(',')
  .flatMap((seed) => environments.map((environment) => ({ seed, environment, folder: folderOf(seed, environment) })));
if (!options['draw-only']) for (const run of planned) train(run);
const runs = planned.map(({ folder, environment }) => ({ ...readRun(folder), environment }));
const table = tableOf(runs);
const settings = options.set.length === 0 ? '' : ` with ${options.set.map((setting) => `\`${setting}\``).join(', ')}`;
writeFileSync(
  document,
  replaceBetweenMarkers(
    readFileSync(document, 'utf8'),
    'calculator',
    `${table}\n\nMeasured on ${machineName()}${settings}.`,
  ),
);
console.log(`\n${table}\n\nWritten to ${document}`);

/** @param {{ readonly seed: string, readonly environment: string, readonly folder: string }} run */
function train({ seed, environment, folder }) {
  // The run without the tool starts from the base model that the one with it has made, so settings of it are past.
  const base = `${folderOf(seed, 'calculator')}/checkpoints/base/policy`;
  const own =
    environment === 'none'
      ? ['environment=none', 'model=huggingface', `model.path=${base}`, ...options.set.filter(isNotOfModel)]
      : options.set;
  const settings = own.flatMap((setting) => ['--set', setting]);
  const args = ['--preset', 'calculator', '--seed', seed, '--run-dir', folder, ...settings];
  console.log(`\n== orz-train ${args.join(' ')}`);
  const { status } = spawnSync(process.execPath, [file('cli/setup/orz-train.mjs'), ...args], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`The run of seed ${seed} with environment ${environment} failed`);
}

/** @param {string} setting */
function isNotOfModel(setting) {
  return !setting.startsWith('model.');
}

/** One row per run, those with the tool first, and the mean of each kind. @param {readonly Run[]} all */
function tableOf(all) {
  const columns = ['run', 'reward', 'response length', 'turns in the last iteration', 'format share'];
  const lines = [columns, columns.map((_, c) => (c === 0 ? '---' : '---:'))];
  for (const environment of environments) {
    const group = all.filter((run) => run.environment === environment);
    const name = environment === 'none' ? 'without a tool' : 'with the calculator';
    lines.push(...group.map((run) => rowOf(`${name}, seed ${run.seed}`, [run])), rowOf(`**${name}, mean**`, group));
  }
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** @param {string} label @param {readonly Run[]} group */
function rowOf(label, group) {
  const change = (/** @type {'reward' | 'responseLength' | 'formatShare'} */ name, /** @type {number} */ digits) =>
    [group.map((run) => run.before[name]), group.map((run) => run.after[name])]
      .map((values) => mean(values).toFixed(digits))
      .join(' → ');
  const turns = group.map(({ iterations }) => Number(iterations.at(-1)?.['turns'] ?? 1));
  return [label, change('reward', 3), change('responseLength', 1), mean(turns).toFixed(2), change('formatShare', 3)];
}
