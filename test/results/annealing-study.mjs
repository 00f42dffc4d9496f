import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom } from '../../dist/core/random.js';
import { createChainProblems } from '../../dist/plugins/task-arithmetic/chain/problems.js';
import { show } from './command.mjs';

const terms = { minTerms: 14, maxTerms: 18, capitalShare: 0, trainProblems: 1024 };
/** Iterations of the run before, and after it. */
const [before, after] = [12, 12];

/**
 * The study `annealing`: one run of orz-lab is trained, the problems that its model gets wrong are mined, and every arm
 * goes on from there, with a learning rate that falls or does not, on the hard problems or on all. Returns the file of
 * the study. What a folder holds already is taken as it is.
 *
 * @param {string} folder of all studies
 * @param {string} program of orz-train
 */
export async function prepareAnnealing(folder, program) {
  const home = join(folder, 'before-annealing');
  const inHome = (/** @type {string[]} */ ...parts) => join(home, ...parts);
  mkdirSync(home, { recursive: true });
  await writeProblems(home);
  if (!existsSync(inHome('run', 'summary.json')))
    show(process.execPath, [
      program,
      '--preset',
      'orz-lab',
      '--seed',
      '1',
      '--iterations',
      `${before}`,
      '--run-dir',
      inHome('run'),
    ]);
  if (!existsSync(inHome('mined', 'mined.jsonl')))
    show(process.execPath, [
      program,
      'mine',
      inHome('train.jsonl'),
      '--run-dir',
      inHome('run'),
      '--samples',
      '16',
      '--out',
      inHome('mined'),
    ]);
  const path = join(home, 'annealing.mjs');
  writeFileSync(path, `export default ${JSON.stringify(studyIn(inHome), null, 2)};\n`);
  return path;
}

/** @param {(...parts: string[]) => string} inHome */
function studyIn(inHome) {
  const checkpoint = (/** @type {string} */ role) => inHome('run', 'checkpoints', 'final', role);
  const falling = { policyDecaySteps: after, policyFinalLearningRate: 5e-5 };
  const hard = { dataFilters: { passRate: { max: 0.8125 } } };
  return {
    name: 'annealing',
    title: 'Annealing on hard problems',
    question: 'Does a last run on the hardest problems, at a falling learning rate, add anything?',
    claim: {
      text: '100 iterations on problems solved under 4 times in 64, at a falling rate, lift AIME 2024 from 41 to 48',
      source: 'Open-Reasoner-Zero, arXiv 2503.24290, sections 2.1.1 and 3.1, Table 4',
    },
    presets: ['orz-lab'],
    settings: {
      model: { type: 'huggingface', path: checkpoint('policy'), critic: checkpoint('critic') },
      data: {
        type: 'files',
        train: [inHome('mined', 'mined.jsonl')],
        evaluation: { 'held-out': inHome('held-out.jsonl'), longer: inHome('longer.jsonl') },
      },
      iterations: after,
      policyWarmupSteps: 0,
      criticWarmupSteps: 0,
      evaluation: { every: after, problems: 2048, periodicProblems: 512 },
      checkpoint: { every: after },
    },
    arms: [
      { name: 'all problems, constant rate' },
      { name: 'all problems, falling rate', settings: falling },
      { name: 'hard problems, constant rate', settings: hard },
      { name: 'hard problems, falling rate', settings: { ...hard, ...falling } },
    ],
    seeds: [1, 2, 3, 4, 5],
    outcomes: [
      { metric: 'evaluation/held-out/reward', label: 'held-out reward', at: 'last' },
      { metric: 'evaluation/longer/reward', label: 'reward on longer chains', at: 'last' },
    ],
    plots: ['reward'],
  };
}

/** Files of the problems of orz-lab: 1,024 to mine, and two held-out sets. @param {string} home */
async function writeProblems(home) {
  const { train, evaluation } = await createChainProblems(terms, createRandom(1)).open();
  for (const [name, list] of Object.entries({ train, ...evaluation })) {
    const lines = Array.from({ length: list.length }, (_, i) => {
      const { id, prompt, answer } = list.at(i);
      return JSON.stringify({ id, prompt, answer });
    });
    writeFileSync(join(home, `${name}.jsonl`), `${lines.join('\n')}\n`);
  }
}
