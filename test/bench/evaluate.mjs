/**
 * Responses per second of an evaluation of the base model of orz-tiny, and the share of its time that is not sampling:
 * reading the questions, grading, writing every response, and the statistics.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatherConfig } from '../../dist/cli/config/gather.js';
import { chooseBenchmarks } from '../../dist/cli/evaluate/choose-benchmarks.js';
import { evaluate } from '../../dist/cli/evaluate/evaluate.js';
import { openLocalAnswerer } from '../../dist/cli/evaluate/local-answerer.js';
import { openModel } from '../../dist/cli/model/open-model.js';
import { createNodePlatform } from '../../dist/cli/platform/node-platform.js';
import { createFolderStorage } from '../../dist/cli/platform/storage.js';
import { createRunContainer } from '../../dist/core/container/run-container.js';
import { saveModelFolder } from '../../dist/core/model-files/save-model-folder.js';
import { createRandom } from '../../dist/core/random.js';
import { silentEvents } from '../../dist/core/silent-events.js';
import { figure, percent, range, seconds, spread } from './measure.mjs';

const questions = 256;
const samples = 8;
const responses = questions * samples;
const neverAborted = () => new AbortController().signal;

/**
 * @param {{ readonly repeats: number, readonly say: (line: string) => void }} options
 * @returns {Promise<import('./table.mjs').Report>}
 */
export async function measureEvaluation({ repeats, say }) {
  const folder = mkdtempSync(join(tmpdir(), 'orz-bench-'));
  try {
    say('saving the base model of orz-tiny');
    await saveTiny(folder);
    say(`evaluating ${responses} responses, ${repeats + 1} times`);
    return reportOf(await measureRounds(folder, repeats));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The model as a folder in Hugging Face form, and the questions beside it. @param {string} folder */
async function saveTiny(folder) {
  const { resolved } = await gatherConfig({ config: false, preset: ['orz-tiny'] }, folder);
  const random = createRandom(resolved.config.seed);
  const platform = createNodePlatform(folder);
  const container = await createRunContainer({ resolved, platform, events: silentEvents, random, only: ['model'] });
  const base = await container.get('model').load({ random, events: silentEvents, signal: neverAborted() });
  /** @type {import('../../dist/core/contracts/model.js').NamedTensor[]} */
  const weights = [];
  for await (const tensor of base.weights()) weights.push(tensor);
  const tensors = {
    weightShapes: weights.map(({ name, shape }) => ({ name, shape })),
    exportWeights: async function* () {
      yield* weights;
    },
  };
  await saveModelFolder(createFolderStorage(folder), 'model', { role: 'policy', tensors }, base);
  await container.dispose();
  const lines = Array.from({ length: questions }, (_, i) => {
    const [a, b] = [i % 10, (i >> 2) % 10];
    return JSON.stringify({ id: `sum-${i}`, question: `${a}+${b}`, answer: `${a + b}` });
  });
  writeFileSync(join(folder, 'sums.jsonl'), `${lines.join('\n')}\n`);
}

/**
 * Seconds of whole evaluations, and of sampling the same responses alone right after each. The first round, in which
 * programs are compiled, is not counted.
 * @param {string} folder
 * @param {number} repeats
 */
async function measureRounds(folder, repeats) {
  const flags = { model: join(folder, 'model'), set: ['backend.provider=cpu'] };
  const model = await openModel(flags, silentEvents, neverAborted());
  const answerer = await openLocalAnswerer(model);
  const context = { ...model, platform: createNodePlatform('.'), events: silentEvents };
  const choice = { names: [join(folder, 'sums.jsonl')], set: [], chat: false };
  const shared = { samples, maxResponseTokens: 48 };
  const benchmarks = await chooseBenchmarks({ ...choice, shared }, context);
  const fixed = { answerer, benchmarks, context, producer: 'bench', seed: 1, exactLimit: true, signal: neverAborted() };
  const rounds = [];
  try {
    for (let round = 0; round <= repeats; round++)
      rounds.push({
        whole: await seconds(() => evaluate({ ...fixed, out: join(folder, `out-${round}`) })),
        alone: await seconds(() => sampleAlone(answerer, benchmarks)),
      });
  } finally {
    await answerer.close();
  }
  return rounds.slice(1);
}

/**
 * @param {import('../../dist/core/contracts/answerer.js').Answerer} answerer
 * @param {readonly import('../../dist/core/contracts/benchmark.js').Benchmark[]} benchmarks
 */
async function sampleAlone(answerer, benchmarks) {
  for (const { open, protocol } of benchmarks) {
    const list = await open();
    const asked = Array.from({ length: list.length }, (_, index) => ({
      index,
      problem: list.at(index),
      samples: Array.from({ length: protocol.samples }, (_, sample) => sample),
    }));
    await answerer.answer(asked, protocol, { signal: neverAborted(), onAnswer: async () => undefined });
  }
}

/**
 * @param {readonly { readonly whole: number, readonly alone: number }[]} rounds
 * @returns {import('./table.mjs').Report}
 */
function reportOf(rounds) {
  const of = (/** @type {(round: { readonly whole: number, readonly alone: number }) => number} */ value) =>
    spread(rounds.map(value));
  return {
    name: 'evaluate',
    title: `An evaluation of orz-tiny, ${questions} questions × ${samples}`,
    columns: ['', 'measured'],
    rows: [
      [
        'responses per second',
        range(
          of(({ whole }) => responses / whole),
          figure,
        ),
      ],
      [
        'sampling alone, responses per second',
        range(
          of(({ alone }) => responses / alone),
          figure,
        ),
      ],
      [
        'share that is not sampling',
        range(
          of(({ whole, alone }) => 1 - alone / whole),
          percent,
        ),
      ],
    ],
    notes: [
      'Base model as it comes with the package, all cores. Sampling alone: the same responses right after, neither ' +
        'graded nor written. What is not sampling: reading questions, threads that start and grade, a file of all ' +
        'responses, statistics.',
    ],
  };
}
