/**
 * `npm run results:roads`: SmolLM2-135M-Instruct, a real model, on GSM8K and on letters of multiple choice by three
 * roads that should give the same greedy answers: the engine of this project, the server of llama.cpp, and
 * `transformers serve`; and by llama.cpp with quantised weights, which should not. Writes tables into docs/results.md,
 * and ends with code 1 where roads with the same weights agree on fewer than 99 % of the answers, or differ where no
 * two tokens are nearly equally probable.
 *
 *     npm run results:roads -- --python PYTHON --gsm8k FILE --mmlu FILE --mmlu-pro FILE
 *         [--questions 200] [--folder runs/roads] [--model FOLDER] [--draw-only]
 *
 * PYTHON is an interpreter with torch, transformers[serving], gguf, safetensors, accelerate and
 * llama-cpp-python[server]; it makes the model (smollm2.py, smollm2_gguf.py) unless `--model` names its folder. What
 * was measured before goes on, or is taken as it is. `--draw-only` measures nothing. Needs 4 GB of memory.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { replaceBetweenMarkers } from '../bench/table.mjs';
import { output, show } from './command.mjs';
import { machineName } from './machine-name.mjs';
import { agreementReport, differences, readRoad, scoreReport } from './roads-table.mjs';

const file = (/** @type {string} */ path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const program = file('cli/setup/orz-train.mjs');
const document = file('docs/results.md');

const { values: options } = parseArgs({
  options: {
    python: { type: 'string' },
    gsm8k: { type: 'string' },
    mmlu: { type: 'string' },
    'mmlu-pro': { type: 'string' },
    questions: { type: 'string', default: '200' },
    folder: { type: 'string', default: 'runs/roads' },
    model: { type: 'string' },
    'draw-only': { type: 'boolean', default: false },
  },
});
const { python } = options;
const files = { gsm8k: options.gsm8k, mmlu: options.mmlu, 'mmlu-pro': options['mmlu-pro'] };
if (python === undefined || Object.values(files).includes(undefined)) {
  console.error('usage: npm run results:roads -- --python PYTHON --gsm8k FILE --mmlu FILE --mmlu-pro FILE');
  process.exit(2);
}

const folder = resolve(options.folder);
const inFolder = (/** @type {string[]} */ ...parts) => join(folder, ...parts);
const model = options.model === undefined ? inFolder('model') : resolve(options.model);
const [quantised, full] = [inFolder('quantised.gguf'), inFolder('f32.gguf')];
const servers = { 'llama.cpp': 8391, 'llama.cpp, quantised': 8392, 'transformers serve': 8393 };

/** What is asked, each by one command. Letters need few tokens. */
const parts = [
  { name: 'gsm8k', benchmarks: ['gsm8k'], flags: ['--max-tokens', '256'] },
  {
    name: 'letters',
    benchmarks: ['mmlu', 'mmlu-pro'],
    flags: ['--max-tokens', '64', '--set', 'template.instruction=Answer with the letter of the right option only.'],
  },
];

/** @type {readonly { name: string, flags: readonly string[], serve?: readonly string[] }[]} */
const roads = [
  { name: 'this project', flags: ['--model', model, '--backend', 'onnx', '--chat'] },
  llama('llama.cpp', full),
  {
    name: 'transformers serve',
    flags: served('transformers serve', model),
    serve: [
      ...['-c', 'from transformers.cli.transformers import main; main()', 'serve', model],
      ...['--device', 'cpu', '--dtype', 'float32', '--host', '127.0.0.1'],
      ...['--port', `${servers['transformers serve']}`],
    ],
  },
  llama('llama.cpp, quantised', quantised),
];

mkdirSync(folder, { recursive: true });
if (!existsSync(join(model, 'config.json'))) show(python, [file('test/results/smollm2.py'), model]);
if (!existsSync(full)) show(python, [file('test/results/smollm2_gguf.py'), model, quantised, full]);
if (!options['draw-only']) for (const road of roads) await measure(road);

const measured = roads
  .map(({ name }) => ({ name, parts: parts.map((part) => readRoad(outOf(name, part.name))) }))
  .filter((road) => road.parts.every((part) => part !== undefined));
const [ours, ...others] = measured;
if (ours === undefined) throw new Error('Nothing is measured yet');
const compared = others.map((road) => {
  const found = differences(ours, road);
  return { ...road, found, gaps: examine(road.name, found.different) };
});
const report = [scoreReport(measured, `Greedy, chat. Measured on ${machineName()}.`), agreementReport(compared)].join(
  '\n\n',
);
writeFileSync(document, replaceBetweenMarkers(readFileSync(document, 'utf8'), 'roads', report));
console.log(`\n${report}\n\nWritten to ${document}`);
const same = compared.filter(({ name }) => !name.includes('quantised'));
const agree = same.every(({ found }) => found.different.length <= 0.01 * found.total);
// f32 sums in another order move a logit by some 1e-4; what is further apart is no rounding.
const explained = same.every(({ gaps }) => gaps.every(({ gap, best }) => best && Math.abs(gap) < 1e-2));
process.exitCode = agree && explained ? 0 : 1;

/** @param {'llama.cpp' | 'llama.cpp, quantised'} name @param {string} weights */
function llama(name, weights) {
  return {
    name,
    flags: served(name, 'smollm2'),
    serve: [
      ...['-m', 'llama_cpp.server', '--model', weights, '--model_alias', 'smollm2', '--n_ctx', '4096'],
      // Keys and values in f32 as well: by default they are rounded to f16, which moves logits by some 1e-2.
      ...['--type_k', '0', '--type_v', '0'],
      ...['--host', '127.0.0.1', '--port', `${servers[name]}`],
    ],
  };
}

/** @param {keyof typeof servers} name @param {string} served */
function served(name, served) {
  const url = `http://127.0.0.1:${servers[name]}/v1`;
  return ['--url', url, '--served-model', served, '--concurrency', '1', '--request-timeout', '3600'];
}

/** @param {string} road @param {string} part */
function outOf(road, part) {
  return inFolder(`${road.replaceAll(/\W+/g, '-')}-${part}`);
}

/** All parts by one road, with its server if it has one. @param {(typeof roads)[number]} road */
async function measure({ name, flags, serve }) {
  const server = serve && spawn(/** @type {string} */ (python), serve, { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    if (server) await listening(servers[/** @type {keyof typeof servers} */ (name)], server);
    for (const part of parts) {
      const sources = part.benchmarks.flatMap((benchmark) => [
        ...['--set', `benchmarks.${benchmark}.path=${resolve(files[/** @type {'mmlu'} */ (benchmark)] ?? '')}`],
      ]);
      const greedy = ['--temperature', '0', '--samples', '1', '--limit', options.questions];
      const out = ['--out', outOf(name, part.name)];
      show(process.execPath, [
        ...[program, 'evaluate', ...part.benchmarks, ...flags, ...greedy],
        ...[...part.flags, ...sources, ...out],
      ]);
    }
  } finally {
    server?.kill();
  }
}

/** @param {number} port @param {import('node:child_process').ChildProcess} server */
async function listening(port, server) {
  while (server.exitCode === null) {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/models`).catch(() => undefined);
    if (answer?.ok) return;
    await setTimeout(500);
  }
  throw new Error(`The server at port ${port} ended with ${server.exitCode}`);
}

/** @param {string} name @param {readonly { prompt: string, a: string, b: string }[]} cases */
function examine(name, cases) {
  if (cases.length === 0) return [];
  const path = `${outOf(name, 'differences')}.json`;
  writeFileSync(path, JSON.stringify(cases.map(({ prompt, a, b }) => ({ prompt, a, b }))));
  const gaps = output(/** @type {string} */ (python), [file('test/results/roads_gap.py'), model, path]);
  return /** @type {{ at: number, a: string, b: string, gap: number, best: boolean }[]} */ (JSON.parse(gaps));
}
