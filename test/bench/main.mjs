/**
 * `npm run bench`: how much of what the machine can do the trainer reaches. Every figure is a ratio of two measurements
 * of one run, so figures of different machines can be compared.
 *
 *     npm run bench -- [--only train,decode,iteration,evaluate,reward] [--repeats 5] [--python python3] [--markdown]
 *     npm run bench -- --only race [--python python3] [--python-ppo python3] [--repeats 5] [--json FILE] [--markdown]
 *     npm run bench -- --only start,growth [--json FILE] [--markdown]
 *     npm run bench -- --only gpu [--adapter name] [--repeats 3] [--python python3] [--markdown]
 *     npm run bench -- --backend webgpu [--adapter name] [--repeats 5] [--python python3] [--markdown]
 *
 * `--python` names a Python with what is raced against: Math-Verify for the verifier, PyTorch for the products of
 * webgpu, all of it for the race (`node test/bench/race/setup.mjs FOLDER` makes the two that the race needs).
 * `--markdown` also writes the tables into docs/results.md and the curves beside it, `--json` the measurements of the
 * race or of growth into a file.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createJiti } from 'jiti';
import { reportError } from '../../dist/cli/report-error.js';
import { measureDecoding } from './decode.mjs';
import { measureEvaluation } from './evaluate.mjs';
import { measureGpu } from './gpu/gpu.mjs';
import { drawGrowth, growthDescription, growthReport, measureGrowth } from './growth/growth.mjs';
import { measureIteration } from './iteration.mjs';
import { measureMachine, openMachine } from './machine.mjs';
import { measureRace } from './race/race.mjs';
import { measureStart } from './race/first-step.mjs';
import { reportReward } from './reward.mjs';
import { measureRemote } from './remote.mjs';
import { measureServing } from './serve.mjs';
import { asMarkdown, asText, replaceBetweenMarkers } from './table.mjs';
import { measureTraining } from './train.mjs';
import { measureWebGpu } from './webgpu.mjs';

/** @typedef {import('./table.mjs').Report} Report */

const document = fileURLToPath(new URL('../../docs/results.md', import.meta.url));
const growthPicture = fileURLToPath(new URL('../../docs/images/growth.svg', import.meta.url));
const sections = ['machine', 'train', 'decode', 'iteration', 'evaluate', 'reward', 'serve', 'remote'];

/** Measured only when asked for: they take long, or need what few machines have. */
const special = ['race', 'start', 'growth', 'gpu'];

const usage = `npm run bench -- [--only ${sections.join(',')}] [--repeats 5] [--python python3] [--markdown]
npm run bench -- --only race [--python python3] [--python-ppo python3] [--repeats 5] [--json FILE] [--markdown]
npm run bench -- --only start,growth [--json FILE] [--markdown]
npm run bench -- --only gpu [--adapter name] [--repeats 3] [--python python3] [--markdown]
npm run bench -- --backend webgpu [--adapter name] [--repeats 5] [--python python3] [--markdown]`;

/** @param {string} message @returns {never} */
function refuse(message) {
  console.error(`${message}\n\n${usage}`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string' },
        repeats: { type: 'string', default: '5' },
        python: { type: 'string', default: 'python3' },
        'python-ppo': { type: 'string', default: 'python3' },
        json: { type: 'string' },
        markdown: { type: 'boolean', default: false },
        backend: { type: 'string', default: 'onnx' },
        adapter: { type: 'string', default: '' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return refuse(/** @type {Error} */ (error).message);
  }
}

process.on('uncaughtException', (error) => {
  process.exit(reportError(error));
});
const options = readOptions();
if (options.help) {
  console.log(usage);
  process.exit();
}
const chosen = options.only?.split(',') ?? sections;
const known = [...sections, ...special];
const unknown = chosen.find((name) => !known.includes(name));
if (unknown !== undefined) refuse(`--only ${unknown}: the sections are ${known.join(', ')}`);
const repeats = Number(options.repeats);
if (!Number.isInteger(repeats) || repeats < 1) refuse(`--repeats ${options.repeats}: a positive integer is needed`);
if (!['onnx', 'webgpu'].includes(options.backend))
  refuse(`--backend ${options.backend}: the backends are onnx and webgpu`);
if (options.backend === 'webgpu' && options.only !== undefined)
  refuse('--only chooses sections of the onnx benchmark; --backend webgpu has none');

const start = performance.now();
const say = (/** @type {string} */ line) => {
  console.error(`${((performance.now() - start) / 1000).toFixed(0).padStart(4)} s  ${line}`);
};
const replaceTables = (/** @type {string} */ name, /** @type {string} */ text) => {
  writeFileSync(document, replaceBetweenMarkers(readFileSync(document, 'utf8'), `bench ${name}`, text));
};
const finish = (/** @type {Report} */ report) => {
  console.log(asText(report));
  if (options.markdown) replaceTables(report.name, asMarkdown(report));
};

/** Measurements as they are. @param {unknown} measured */
const keep = (measured) => {
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(measured, null, 2)}\n`);
};
/** Several tables between the markers of one. @param {string} name @param {readonly Report[]} reports */
const finishTogether = (name, reports) => {
  for (const report of reports) console.log(asText(report));
  if (options.markdown) replaceTables(name, reports.map(asMarkdown).join('\n\n'));
};

/** Whether a GPU seems to be at hand; outside Linux that is not looked for. */
const gpuAtHand = () =>
  process.platform !== 'linux' ||
  process.env['VK_DRIVER_FILES'] !== undefined ||
  ['/dev/dri', '/dev/nvidia0', '/dev/dxg'].some((path) => existsSync(path));

/**
 * On a machine without a GPU the software adapter of the tests is measured: its figures say nothing of a GPU, but that
 * everything runs, and where its time goes.
 */
async function findSoftwareAdapterWithoutGpu() {
  if (gpuAtHand()) return undefined;
  const found = (await softwareAdapters()).findSoftwareAdapter();
  if ('reason' in found) return undefined;
  say('no GPU on this machine: the software adapter of the tests is measured');
  return found;
}

/** @returns {Promise<typeof import('../support/software-adapter.js')>} */
const softwareAdapters = () => createJiti(import.meta.url).import('../support/software-adapter.ts');

if (options.backend === 'webgpu') {
  const software = await findSoftwareAdapterWithoutGpu();
  if (software) (await softwareAdapters()).useInThisProcess(software);
  const reports = await measureWebGpu({ adapter: options.adapter, repeats, python: options.python, say });
  finishTogether('webgpu', reports);
  process.exit();
}
if (chosen.includes('race')) {
  const { reports, outcomes } = await measureRace({
    python: options.python,
    pythonPpo: options['python-ppo'],
    repeats,
    say,
  });
  finishTogether('race', reports);
  keep(outcomes);
}
if (chosen.includes('growth')) {
  const curves = measureGrowth({ say });
  keep(curves);
  const report = growthReport(curves);
  console.log(asText(report));
  if (options.markdown) {
    writeFileSync(growthPicture, drawGrowth(curves));
    replaceTables('growth', `![${growthDescription}](images/growth.svg)\n\n${asMarkdown(report)}`);
  }
}
if (chosen.includes('gpu')) {
  const software = await findSoftwareAdapterWithoutGpu();
  finishTogether(
    'gpu',
    measureGpu({
      adapter: options.adapter,
      size: gpuAtHand() ? 'large' : 'small',
      env: { ...process.env, ...software?.env },
      python: options.python,
      repeats,
      say,
    }),
  );
}
if (chosen.includes('start')) finish(await measureStart({ say }));
if (chosen.every((name) => special.includes(name))) process.exit();
const all = availableParallelism();
console.log(
  `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${all} threads, Node ${process.version}, ` +
    `${process.platform} ${process.arch}\n`,
);
const machines = [];
for (const threads of new Set([1, all])) machines.push(await openMachine(threads));
const fastest = machines.at(-1);
if (fastest === undefined) throw new Error('no machine');

if (chosen.includes('machine')) {
  say('matrix product and memory');
  finish(await measureMachine(machines, { repeats }));
}
if (chosen.includes('train')) finish(await measureTraining(machines, { repeats, say }));
if (chosen.includes('decode')) finish(await measureDecoding(fastest, { repeats, say }));
for (const machine of machines) await machine.dispose();
if (chosen.includes('iteration')) finish(await measureIteration({ repeats, say }));
if (chosen.includes('evaluate')) finish(await measureEvaluation({ repeats, say }));
if (chosen.includes('reward')) {
  say('grading');
  finish(await reportReward(options.python));
}
if (chosen.includes('serve')) finish(await measureServing({ repeats, say }));
if (chosen.includes('remote')) finish(await measureRemote({ say }));
