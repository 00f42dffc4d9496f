/**
 * `npm run results:smollm2`: a real model learns. SmolLM2-135M-Instruct, all of its parameters, by the recipe (PPO
 * with a critic, γ = λ = 1, no KL) and in its chat template, on word problems of one step which it sometimes solves:
 * those are mined first. Writes its curves to docs/images/paper/smollm2.svg, and held-out reward and answers before and
 * after into docs/paper.md.
 *
 *     npm run results:smollm2 -- --python PYTHON --problems train.csv [--model FOLDER] [--folder runs/smollm2]
 *
 * train.csv is data/mawps-asdiv-a_svamp/train.csv of github.com/arkilpatel/SVAMP, problems of MAWPS and ASDiv-A, which
 * is not part of this project.
 * PYTHON makes the model (smollm2.py) unless `--model` names its folder. What was done before goes on, or is taken as
 * it is. Needs 8 GB of memory and 10 GB of disk.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { replaceBetweenMarkers } from '../bench/table.mjs';
import { output, show } from './command.mjs';
import { machineName } from './machine-name.mjs';
import { drawRuns } from './picture.mjs';
import { readRun } from './runs.mjs';
import { answersTable, heldOutTable, readWordProblems } from './smollm2-tables.mjs';

const file = (/** @type {string} */ path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const program = file('cli/setup/orz-train.mjs');
const [document, picture] = [file('docs/paper.md'), file('docs/images/paper/smollm2.svg')];

const { values: options } = parseArgs({
  options: {
    python: { type: 'string' },
    problems: { type: 'string' },
    model: { type: 'string' },
    folder: { type: 'string', default: 'runs/smollm2' },
  },
});
const { problems } = options;
if (problems === undefined || (options.python === undefined && options.model === undefined)) {
  console.error('usage: npm run results:smollm2 -- --python PYTHON --problems train.csv [--model FOLDER]');
  process.exit(2);
}

const folder = resolve(options.folder);
const inFolder = (/** @type {string[]} */ ...parts) => join(folder, ...parts);
const model = options.model === undefined ? inFolder('model') : resolve(options.model);
const config = inFolder('orz.config.json');

mkdirSync(folder, { recursive: true });
if (!existsSync(join(model, 'config.json'))) show(`${options.python}`, [file('test/results/smollm2.py'), model]);
const { train, heldOut } = readWordProblems(readFileSync(problems, 'utf8'));
writeLines('train.jsonl', train);
writeLines('held-out.jsonl', heldOut);
writeFileSync(config, `${JSON.stringify(settings(), null, 2)}\n`);

orz(
  'mine',
  inFolder('train.jsonl'),
  '--model',
  model,
  '--config',
  config,
  '--samples',
  '8',
  '--out',
  inFolder('mined'),
);
if (!existsSync(inFolder('run', 'summary.json'))) {
  const begun = existsSync(inFolder('run', 'config.json'));
  orz(...(begun ? ['--resume', inFolder('run')] : ['--config', config, '--run-dir', inFolder('run')]));
}
const measured = ['before', 'after'].map((when) => {
  const checkpoint = when === 'before' ? 'base' : 'final';
  const out = inFolder(when);
  orz('evaluate', '--run-dir', inFolder('run'), '--checkpoint', checkpoint, '--samples', '4', '--out', out);
  return out;
});
const { benchmarks } = JSON.parse(
  output(process.execPath, [program, 'evaluate', '--compare', ...measured.toReversed(), '--json']),
);

const run = readRun(inFolder('run'));
writeFileSync(picture, drawRuns([run]));
const report = [
  heldOutTable(measured.map((out) => JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')))),
  `Paired by problem: ${benchmarks[0].sentence}`,
  answersTable(...measured.map((out) => readFileSync(join(out, 'responses', 'held-out.jsonl'), 'utf8'))),
  `${run.iterations.length} iterations, ${(run.seconds / 60).toFixed(0)} minutes on ${machineName()}.`,
].join('\n\n');
writeFileSync(document, replaceBetweenMarkers(readFileSync(document, 'utf8'), 'smollm2', report));
console.log(`\n${report}\n\nWritten to ${document} and ${picture}`);

/** The recipe at the size of the machine; only sizes and rates differ from those of orz-0.5b. */
function settings() {
  return {
    preset: 'orz-0.5b',
    model: { path: model },
    template: { type: 'chat', instruction: 'Answer in one short sentence.' },
    reward: { type: 'math', extraction: 'anywhere' },
    data: {
      train: [inFolder('mined', 'mined.jsonl')],
      evaluation: { 'held-out': inFolder('held-out.jsonl'), math500: null, aime2024: null, gpqa_diamond: null },
    },
    dataFilters: { passRate: { min: 0.1, max: 0.9 } },
    iterations: 30,
    rolloutBatchSize: 4,
    samplesPerPrompt: 6,
    temperature: 0.6,
    maxPromptTokens: 160,
    maxResponseTokens: 48,
    policyScorePass: false,
    policyLearningRate: 2e-5,
    criticLearningRate: 4e-5,
    policyWarmupSteps: 2,
    criticWarmupSteps: 12,
    criticUpdateSteps: 4,
    lossAggregation: 'token-mean',
    evaluation: { every: 15, samples: 2, temperature: 0.6, maxPromptTokens: 160 },
    checkpoint: { every: 10, keep: 1 },
    backend: { provider: 'cpu' },
    // So few that a network is one program, which computes nothing twice.
    engine: { microBatchTokens: 256 },
  };
}

/** @param {string} name @param {readonly object[]} records */
function writeLines(name, records) {
  writeFileSync(inFolder(name), `${records.map((record) => JSON.stringify(record)).join('\n')}\n`);
}

/** @param {string[]} args */
function orz(...args) {
  show(process.execPath, [program, ...args]);
}
