/**
 * `npm run results:full-size`: two iterations of `orz-0.5b` on a randomly initialised checkpoint of exactly the shape
 * of Qwen2.5-0.5B, with a reduced batch, end to end: sample, grade, critic, policy, save, export, load again. Writes
 * peak memory and the time of every phase, beside what the plan said, into docs/results.md. Takes about ten minutes and
 * 17 GB of memory on two cores.
 *
 * npm run results:full-size -- --tokenizer FOLDER --train FILE --evaluation FILE [--folder runs/full-size] [--set
 * path=value]… [--draw-only]
 *
 * `--draw-only` writes the tables again from the run that the folder holds already. The tokenizer is that of Qwen2.5 (a
 * folder with tokenizer.json), the files hold problems in any form that docs/data.md lists.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { asMarkdown, replaceBetweenMarkers } from '../bench/table.mjs';

const file = (/** @type {string} */ path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const program = file('cli/setup/orz-train.mjs');

const { values: options } = parseArgs({
  options: {
    tokenizer: { type: 'string' },
    train: { type: 'string' },
    evaluation: { type: 'string' },
    folder: { type: 'string', default: 'runs/full-size' },
    'draw-only': { type: 'boolean', default: false },
    set: { type: 'string', multiple: true, default: [] },
  },
});
if (!options.tokenizer || !options.train || !options.evaluation) {
  console.error('usage: npm run results:full-size -- --tokenizer FOLDER --train FILE --evaluation FILE');
  process.exit(2);
}
const folder = resolve(options.folder),
  model = join(folder, 'model'),
  run = join(folder, 'run');

/**
 * Runs a program of this project; its output is shown unless it is wanted.
 * @param {readonly string[]} args
 * @param {boolean} [wanted]
 */
function node(args, wanted = false) {
  console.log(`\n== node ${args.join(' ')}`);
  const result = spawnSync(process.execPath, args, {
    stdio: ['ignore', wanted ? 'pipe' : 'inherit', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (result.status !== 0) throw new Error(`It ended with ${result.status ?? result.signal}`);
  return result.stdout;
}

mkdirSync(folder, { recursive: true });
if (!existsSync(join(model, 'config.json')))
  node([file('test/results/random-checkpoint.mjs'), model, '--tokenizer', options.tokenizer]);
if (!options['draw-only']) rmSync(run, { recursive: true, force: true });

const reduced = [
  'rolloutBatchSize=4',
  'samplesPerPrompt=4',
  'maxPromptTokens=1024',
  'maxResponseTokens=64',
  'criticUpdateSteps=4',
  'evaluation.problems=4',
  'evaluation.periodicProblems=4',
  'backend.provider=cpu',
];
const config = join(folder, 'orz.config.json');
writeFileSync(
  config,
  JSON.stringify(
    {
      preset: 'orz-0.5b',
      model: { path: model },
      data: {
        train: [resolve(options.train)],
        evaluation: { held_out: resolve(options.evaluation), math500: null, aime2024: null, gpqa_diamond: null },
      },
    },
    null,
    2,
  ),
);
const flags = [
  '--config',
  config,
  '--iterations',
  '2',
  ...[...reduced, ...options.set].flatMap((setting) => ['--set', setting]),
];
const { plan } = JSON.parse(node([program, 'config', '--json', ...flags], true));
if (!options['draw-only']) node([program, ...flags, '--run-dir', run]);
const loaded = JSON.parse(
  node(
    [
      program,
      'generate',
      '--model',
      join(run, 'checkpoints', 'final', 'policy'),
      '--raw',
      '--temperature',
      '0',
      '--max-tokens',
      '4',
      '--json',
      'The exported model loads again:',
    ],
    true,
  ),
);

const metrics = readFileSync(join(run, 'metrics.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const last = metrics.at(-1);
const gigabytes = (/** @type {number} */ bytes) => `${(bytes / 1e9).toFixed(2)} GB`;
const difference = (last.peakMemoryBytes / plan.memory.peak - 1) * 100;
const phases = Object.keys(last.seconds);
const settings = [...reduced, ...options.set].map((setting) => `\`${setting}\``).join(', ');
const text = [
  asMarkdown({
    name: 'full-size',
    title: 'Memory of the run process',
    columns: ['', 'planned', 'measured at its peak', 'difference'],
    rows: [['whole run', gigabytes(plan.memory.peak), gigabytes(last.peakMemoryBytes), `${difference.toFixed(1)} %`]],
    notes: [
      `Planned by purpose: ${Object.entries(plan.memory)
        .filter(([name]) => name !== 'peak')
        .map(([name, bytes]) => `${name} ${gigabytes(/** @type {number} */ (bytes))}`)
        .join(', ')}.`,
    ],
  }),
  asMarkdown({
    name: 'full-size',
    title: 'Seconds per phase',
    columns: ['phase', ...metrics.map((m) => `iteration ${m.iteration}`), 'planned, TFLOP at most'],
    rows: phases.map((phase) => [
      phase,
      ...metrics.map((m) => (m.seconds[phase] ?? 0).toFixed(1)),
      plan.operations[phase] === undefined ? '' : (plan.operations[phase] / 1e12).toFixed(1),
    ]),
    notes: [
      `The exported policy was loaded again and continued a prompt with ${loaded[0].tokens.length} tokens.`,
      `Measured on ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} threads, ` +
        `${gigabytes(totalmem())} of memory, Node ${process.version}. Settings beyond the preset: ${settings}.`,
    ],
  }),
].join('\n\n');
const document = file('docs/results.md');
writeFileSync(document, replaceBetweenMarkers(readFileSync(document, 'utf8'), 'full-size', text));
console.log(`\n${text}\n\nWritten to ${document}`);
