/**
 * `npm run results`: trains `orz-tiny` with several seeds, then the control with shuffled rewards, one run after
 * another, each in a process of its own; writes the table into docs/results.md and the curves to
 * docs/images/orz-tiny.svg.
 *
 * npm run results -- [--seeds 1,2,3,4,5] [--control 1,2,3,4,5] [--folder runs/results] [--set path=value]…
 * [--draw-only]
 *
 * `--control none` leaves the control out; `--draw-only` uses the runs that the folder holds already.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { replaceBetweenMarkers } from '../bench/table.mjs';
import { drawRuns } from './picture.mjs';
import { readRun, resultsTable } from './runs.mjs';
import { machineName } from './machine-name.mjs';

const file = (/** @type {string} */ path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const program = file('cli/setup/orz-train.mjs');
const [document, picture] = [file('docs/results.md'), file('docs/images/orz-tiny.svg')];

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3,4,5' },
    control: { type: 'string' },
    folder: { type: 'string', default: 'runs/results' },
    set: { type: 'string', multiple: true, default: [] },
    'draw-only': { type: 'boolean', default: false },
  },
});

/** @param {string} list @returns {number[]} */
function parseSeeds(list) {
  const seeds = list.split(',').map(Number);
  if (seeds.some((seed) => !Number.isInteger(seed) || seed < 0))
    throw new Error(`"${list}" is no list of seeds such as 1,2,3`);
  return seeds;
}

const seeds = parseSeeds(options.seeds);
const control = options.control === 'none' ? [] : options.control === undefined ? seeds : parseSeeds(options.control);
const planned = [
  ...seeds.map((seed) => ({ seed, shuffled: false })),
  ...control.map((seed) => ({ seed, shuffled: true })),
].map((run) => ({ ...run, folder: resolve(options.folder, `seed-${run.seed}${run.shuffled ? '-shuffled' : ''}`) }));

if (!options['draw-only']) for (const run of planned) train(run);
const runs = planned.map(({ folder }) => readRun(folder));
mkdirSync(dirname(picture), { recursive: true });
writeFileSync(picture, drawRuns(runs));
const table = resultsTable(runs);
const settings = options.set.length === 0 ? '' : ` with ${options.set.map((setting) => `\`${setting}\``).join(', ')}`;
const machine = machineName();
writeFileSync(
  document,
  replaceBetweenMarkers(readFileSync(document, 'utf8'), 'seeds', `${table}\n\nMeasured on ${machine}${settings}.`),
);
console.log(`\n${table}\n\nWritten to ${document} and ${picture}`);

/** @param {{ readonly seed: number, readonly shuffled: boolean, readonly folder: string }} run */
function train({ seed, shuffled, folder }) {
  const settings = [...options.set, ...(shuffled ? ['shuffleRewards=true'] : [])].flatMap((setting) => [
    '--set',
    setting,
  ]);
  const args = [program, '--preset', 'orz-tiny', '--seed', `${seed}`, '--run-dir', folder, ...settings];
  console.log(`\n== orz-train ${args.slice(1).join(' ')}`);
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`The run of seed ${seed} failed`);
}
