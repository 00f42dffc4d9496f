/**
 * `npm run results:lora`: LoRA on a real model, SmolLM2-135M-Instruct, beside training all of its parameters: memory
 * and time of two iterations each, the exported adapters in PEFT, and a run that is killed and resumed against the
 * one that is not. Writes tables into docs/results.md, and ends with code 1 if PEFT is further away than 1e-4 or the
 * resumed run differs.
 *
 *     npm run results:lora -- --python PYTHON [--model FOLDER] [--folder runs/lora] [--draw-only]
 *
 * PYTHON is an interpreter with torch, transformers, peft, gguf, safetensors and accelerate; it makes the model
 * (smollm2.py) unless `--model` names its folder. `--draw-only` judges and writes again what the folder holds. Needs
 * 4 GB of memory and 8 GB of disk.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { asMarkdown, replaceBetweenMarkers } from '../bench/table.mjs';
import { output } from './command.mjs';
import { compareRuns } from './compare-runs.mjs';
import { loraTable, readMeasured } from './lora-table.mjs';
import { machineName } from './machine-name.mjs';

const file = (/** @type {string} */ path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const program = file('cli/setup/orz-train.mjs');
const document = file('docs/results.md');

const { values: options } = parseArgs({
  options: {
    python: { type: 'string' },
    model: { type: 'string' },
    folder: { type: 'string', default: 'runs/lora' },
    'draw-only': { type: 'boolean', default: false },
  },
});
const { python } = options;
if (python === undefined) {
  console.error('usage: npm run results:lora -- --python PYTHON [--model FOLDER] [--folder FOLDER] [--draw-only]');
  process.exit(2);
}

const folder = resolve(options.folder);
const inFolder = (/** @type {string[]} */ ...parts) => join(folder, ...parts);
const model = options.model === undefined ? inFolder('model') : resolve(options.model);
const rank = 16;
const iterations = 2;
const adapted = [`lora.rank=${rank}`, 'policyLearningRate=1e-3'];
const flags = (/** @type {readonly string[]} */ settings) => [
  '--config',
  inFolder('orz.config.json'),
  ...settings.flatMap((setting) => ['--set', setting]),
];
const question = 'Mia has 12 pens and buys 5 more. How many pens does she have?';

mkdirSync(folder, { recursive: true });
if (!existsSync(join(model, 'config.json'))) output(python, [file('test/results/smollm2.py'), model]);
writeProblems();
if (!options['draw-only']) await train();

const [full, lora] = [[], adapted].map((settings, i) => {
  const { plan } = JSON.parse(output(process.execPath, [program, 'config', '--json', ...flags(settings)]));
  return readMeasured(inFolder(i === 0 ? 'full' : 'lora'), plan);
});
if (!full || !lora) throw new Error('Two runs were made');
const comparison = compareRuns(inFolder('lora'), inFolder('resumed'));
const peft = askPeft();
const report = [
  loraTable(
    full,
    lora,
    `LoRA, rank ${rank}`,
    `Seconds are those of the last iteration; the plan leaves out some 0.4 GB of the process itself. ` +
      `Measured on ${machineName()}.`,
  ),
  asMarkdown({
    name: 'lora',
    title: 'Killed after iteration 1 and resumed, against the run with LoRA that was not',
    columns: ['what', 'equal', 'detail'],
    rows: comparison.map(({ what, equal, detail }) => [what, equal ? 'yes' : 'no', detail]),
    notes: [
      `Exported adapters in PEFT: ${peft.tokens} tokens of 8 responses have log-probabilities at most ` +
        `${peft.difference.toExponential(1)} from those of this project; without the adapters they are up to ` +
        `${peft.withoutAdapter.toFixed(2)} away. The prompt is ${peft.samePrompt ? '' : 'not '}that of ` +
        '`apply_chat_template`, token by token.',
    ],
  }),
].join('\n\n');
writeFileSync(document, replaceBetweenMarkers(readFileSync(document, 'utf8'), 'lora', report));
console.log(`\n${report}\n\nWritten to ${document}`);
const good = comparison.every(({ equal }) => equal) && peft.difference < 1e-4 && peft.samePrompt;
process.exitCode = good ? 0 : 1;

/** Sums in words, of which the model solves some, and the settings of the runs. */
function writeProblems() {
  const things = ['apples', 'pens', 'books', 'coins', 'shells', 'stamps', 'cards', 'marbles'];
  const line = (/** @type {string} */ name, /** @type {number} */ i) => {
    const [a, b, thing] = [2 + ((7 * i) % 13), 1 + ((5 * i) % 9), things[i % things.length]];
    const prompt = `${name} has ${a} ${thing} and gets ${b} more. How many ${thing} does ${name} have now?`;
    return JSON.stringify({ id: `${name}-${i}`, question: prompt, answer: `${a + b}` });
  };
  for (const [name, person, count] of /** @type {const} */ ([
    ['train', 'Tom', 64],
    ['held-out', 'Ann', 8],
  ]))
    writeFileSync(
      inFolder(`${name}.jsonl`),
      `${Array.from({ length: count }, (_, i) => line(person, i)).join('\n')}\n`,
    );
  const config = {
    preset: 'orz-0.5b',
    model: { path: model },
    data: {
      train: [inFolder('train.jsonl')],
      evaluation: { 'held-out': inFolder('held-out.jsonl'), math500: null, aime2024: null, gpqa_diamond: null },
    },
    template: { type: 'chat', instruction: '' },
    plugins: [file('test/results/lora-plugin.mjs')],
    reward: 'names-answer',
    advantage: 'group',
    criticUpdateSteps: 0,
    rolloutBatchSize: 4,
    samplesPerPrompt: 4,
    maxPromptTokens: 96,
    maxResponseTokens: 48,
    policyWarmupSteps: 0,
    iterations,
    evaluation: { every: iterations, problems: 1, periodicProblems: 1, maxPromptTokens: 96 },
    checkpoint: { every: 1, keep: 1 },
    backend: { provider: 'cpu' },
  };
  writeFileSync(inFolder('orz.config.json'), `${JSON.stringify(config, null, 2)}\n`);
}

/** The three runs, one after another. */
async function train() {
  for (const [name, settings] of /** @type {const} */ ([
    ['full', []],
    ['lora', adapted],
  ])) {
    rmSync(inFolder(name), { recursive: true, force: true });
    show(['--run-dir', inFolder(name), ...flags(settings)]);
  }
  rmSync(inFolder('resumed'), { recursive: true, force: true });
  await killAfterCheckpoint(inFolder('resumed'), 1);
  show(['--resume', inFolder('resumed')]);
}

/** Starts the run with LoRA in `run`, and kills it as soon as it has saved that iteration. */
async function killAfterCheckpoint(/** @type {string} */ run, /** @type {number} */ iteration) {
  const saved = join(run, 'checkpoints', `iteration-00000${iteration}`);
  const child = spawn(process.execPath, [program, '--run-dir', run, ...flags(adapted)], { stdio: 'inherit' });
  /** @type {Promise<number | null>} */
  const ended = new Promise((done) => {
    child.on('close', done);
  });
  const over = ended.then(() => true);
  while (!existsSync(saved))
    if (await Promise.race([over, setTimeout(200, false)])) throw new Error('It ended before it could be killed');
  const { pid } = JSON.parse(readFileSync(join(run, '.lock'), 'utf8'));
  process.kill(pid, 'SIGKILL');
  await ended;
}

/** Log-probabilities of responses of the trained policy, here and in PEFT. */
function askPeft() {
  const [adapter, responses] = [inFolder('adapter'), inFolder('responses.json')];
  const run = ['--run-dir', inFolder('lora')];
  rmSync(adapter, { recursive: true, force: true });
  output(process.execPath, [program, 'export', adapter, ...run, '--adapter', '--dtype', 'f32']);
  writeFileSync(
    responses,
    output(process.execPath, [program, 'generate', ...run, '--samples', '8', '--json', question]),
  );
  return JSON.parse(
    output(/** @type {string} */ (python), [file('test/results/lora-peft.py'), model, adapter, responses, question]),
  );
}

/** Runs this project's program before the reader's eyes. @param {readonly string[]} args */
function show(args) {
  const { status, signal } = spawnSync(process.execPath, [program, ...args], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`orz-train ${args.join(' ')} ended with ${status ?? signal}`);
}
