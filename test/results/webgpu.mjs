/**
 * `npm run results:webgpu`: trains a reduced orz-tiny with several seeds on ONNX, on the WebGPU backend in Node and on
 * the page in a headless Chromium, one run after another; writes the tables of docs/browser.md, the curves and the
 * picture of the page.
 *
 * npm run results:webgpu -- [--seeds 1,2,3] [--environments onnx,node,page] [--folder runs/webgpu] [--hardware] [--set
 * path=value]… [--draw-only]
 *
 * A run that the folder holds already is not made again, so that the command goes on where it was stopped, and several
 * may share the work, each with seeds or environments of its own. Tables and pictures are of all finished runs of the
 * folder. WebGPU is computed by SwiftShader, or with `--hardware` by the adapter of the machine.
 */
import { copyFileSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { replaceBetweenMarkers } from '../bench/table.mjs';
import { drawEnvironments } from './environments-picture.mjs';
import { environmentsReport } from './environments-table.mjs';
import { originFile, pictureFile, environments } from './environments.mjs';
import { readRun } from './runs.mjs';

/**
 * What a software adapter ends in some minutes: a narrower model, shorter sums, half the responses of an iteration in
 * half the steps of the critic. More of the base model's examples work the sum out, most of them to no readable answer,
 * so that fewer steps teach it to add and the reward before training stays as low. Every held-out problem of these sums
 * is answered eight times.
 */
const reduced = [
  'model.hiddenSize=48',
  'model.intermediateSize=96',
  'model.minTerms=2',
  'model.maxTerms=3',
  'data.minTerms=2',
  'data.maxTerms=3',
  'model.steps=1000',
  'model.tokensPerStep=1024',
  'model.selfCheckShare=0.25',
  'model.badFormatShare=0.35',
  'model.badFormatWorkedShare=0.8',
  'iterations=20',
  'rolloutBatchSize=16',
  'criticUpdateSteps=6',
  'policyLearningRate=7e-4',
  'policyWarmupSteps=2',
  'criticWarmupSteps=12',
  'evaluation.problems=99',
  'evaluation.periodicProblems=99',
  'evaluation.samples=8',
];
const file = (/** @type {string} */ path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const [document, curves, picture] = [
  file('docs/browser.md'),
  file('docs/images/webgpu.svg'),
  file('docs/images/browser.png'),
];

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3' },
    environments: { type: 'string', default: Object.keys(environments).join() },
    folder: { type: 'string', default: 'runs/webgpu' },
    hardware: { type: 'boolean', default: false },
    set: { type: 'string', multiple: true, default: [] },
    'draw-only': { type: 'boolean', default: false },
  },
});
const settings = [...reduced, ...options.set];
const seeds = options.seeds.split(',').map(Number);
if (seeds.some((seed) => !Number.isInteger(seed) || seed < 0))
  throw new Error(`"${options.seeds}" is no list of seeds such as 1,2,3`);
const chosen = options.environments.split(',');
const unknown = chosen.find((name) => !(name in environments));
if (unknown !== undefined)
  throw new Error(`--environments ${unknown}: the environments are ${Object.keys(environments).join(', ')}`);

const folder = resolve(options.folder);
const isFinished = (/** @type {string} */ name) => existsSync(join(folder, name, originFile));
const originOf = (/** @type {string} */ path) =>
  /** @type {import('./environments.mjs').Origin} */ (JSON.parse(readFileSync(join(path, originFile), 'utf8')));

if (!options['draw-only']) {
  for (const seed of seeds)
    for (const environment of chosen) {
      const name = `${environment}-seed-${seed}`;
      console.log(`\n== ${name}${isFinished(name) ? ' is finished already' : ''}`);
      if (!isFinished(name))
        await environments[environment]?.({ folder: join(folder, name), seed, settings, hardware: options.hardware });
    }
}
draw();

/** Tables and pictures of all finished runs of the folder. */
function draw() {
  const finished = Object.keys(environments).flatMap((environment) =>
    readdirSync(folder)
      .sort()
      .filter((name) => name.startsWith(`${environment}-seed-`) && isFinished(name))
      .map((name) => ({ environment, path: join(folder, name) })),
  );
  const runs = finished.map(({ environment, path }) => ({ ...readRun(path), ...originOf(path), environment }));
  const differing = [...new Set(runs.map((run) => run.settings.join(', ')))];
  if (differing.length !== 1)
    throw new Error(
      `${folder} holds runs with ${differing.length} different settings, which cannot be compared; give another ` +
        '--folder',
    );
  const settings = runs[0]?.settings.map((setting) => `\`${setting}\``).join(', ');
  const machines = [...new Set(runs.map((run) => run.machine))].join(' and on ');
  const caption =
    'Reward in training and on held-out problems against iteration, a column per seed, a line per environment';
  const report =
    `${environmentsReport(runs)}\n\nSettings beyond the preset: ${settings}. Measured on ${machines}.\n\n` +
    `![${caption}](images/webgpu.svg)`;
  writeFileSync(document, replaceBetweenMarkers(readFileSync(document, 'utf8'), 'environments', report));
  writeFileSync(curves, drawEnvironments(runs));
  const shown = finished.find(({ environment }) => environment === 'page');
  if (shown) copyFileSync(join(shown.path, pictureFile), picture);
  console.log(`\n${report}\n\nWritten to ${document} and ${curves}`);
}
