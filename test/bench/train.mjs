/**
 * Training throughput: forward, backward and optimizer of whole networks as a share of the matrix product of the same
 * moment.
 */
import { createPpoClip } from '../../dist/plugins/loss-ppo/plugin.js';
import { openEngine, trainingSequences } from './engines.mjs';
import { besideReference, figure, percent, range, seconds, spread } from './measure.mjs';
import { halfBillionBlocks, halfBillionHead, tiny, trainingOperations } from './networks.mjs';

/** @typedef {import('./machine.mjs').Machine} Machine */

/**
 * @typedef {object} Case
 * @property {string} label
 * @property {import('../../dist/core/compute/nn/config.js').DecoderConfig} config
 * @property {readonly number[]} lengths of the sequences of one step
 * @property {number} promptLength
 * @property {'fused' | 'blocks'} programs
 * @property {boolean} optimizer whether a step of the optimizer ends each repeat
 */

/**
 * Lengths as in the middle of an `orz-tiny` run: prompts of 13 tokens, responses from a blurt of 9 to a worked answer
 * of 33; 16 packed rows of 128.
 */
const tinyLengths = Array.from({ length: 56 }, (_, i) => 22 + ((i * 11) % 25));

/** @type {readonly Case[]} */
const cases = [
  {
    label: 'Qwen2.5-0.5B blocks',
    config: halfBillionBlocks,
    lengths: [512, 512, 512, 512],
    promptLength: 1,
    programs: 'blocks',
    optimizer: true,
  },
  {
    label: 'Qwen2.5-0.5B blocks, fused',
    config: halfBillionBlocks,
    lengths: [512, 512, 512, 512],
    promptLength: 1,
    programs: 'fused',
    optimizer: true,
  },
  {
    label: 'Qwen2.5-0.5B head',
    config: halfBillionHead,
    lengths: [512, 512],
    promptLength: 1,
    programs: 'blocks',
    optimizer: false,
  },
  { label: 'orz-tiny', config: tiny, lengths: tinyLengths, promptLength: 13, programs: 'fused', optimizer: true },
];

/**
 * @param {readonly Machine[]} machines
 * @param {{ readonly repeats: number, readonly say: (line: string) => void }} options
 * @returns {Promise<import('./table.mjs').Report>}
 */
export async function measureTraining(machines, { repeats, say }) {
  const rows = [];
  for (const c of cases) {
    // The large shapes take long and gain nothing from being measured on one thread too.
    for (const machine of c.config === tiny ? machines : machines.slice(-1)) {
      say(`training ${c.label}, ${machine.threads} threads`);
      rows.push(await measureCase(machine, c, c.config === tiny ? repeats * 10 : repeats));
    }
  }
  return {
    name: 'train',
    title: 'Training',
    columns: [
      'network',
      'threads',
      'tokens a step',
      'tokens/s',
      'GFLOP/s',
      'share of the matrix product',
      'optimizer, share of time',
    ],
    rows,
    notes: [
      'Operations of a step: 6 · matrix elements · tokens, plus 6 · layers · heads · headDim · length² for causal ' +
        'attention of each sequence; padding and what is computed twice are not counted.',
      `Blocks: ${halfBillionBlocks.layers} layers in the shape of Qwen2.5-0.5B, sequences of 512, one micro-batch ` +
        'of 2,048. As the trainer runs large models, each block is computed again in the backward pass ' +
        '(checkpointing), all but its last product, so at most about 80 % can be reached; "fused" keeps everything ' +
        'in memory instead.',
      'Head: embedding and output layer for 151,936 tokens with log-probability and entropy, in chunks of tokens, ' +
        'without optimizer.',
      'orz-tiny: 56 sequences of 22 to 46 tokens in 16 packed rows of 128.',
    ],
  };
}

/** @param {Machine} machine @param {Case} c @param {number} repeats */
async function measureCase({ backend, threads, matmulRate }, c, repeats) {
  const engine = await openEngine(backend, c.config, { programs: c.programs });
  const sequences = trainingSequences(c.config, c.lengths, c.promptLength);
  const loss = createPpoClip();
  let optimizer = 0;
  /** @type {number[]} */
  const optimizerShares = [];
  const step = async () => {
    const passes = await seconds(() => engine.policy.accumulate(sequences, loss));
    optimizer = c.optimizer ? await seconds(() => engine.policy.step({ learningRate: 1e-6, maxGradNorm: 1 })) : 0;
    optimizerShares.push(optimizer / (optimizer + passes));
  };
  const found = await besideReference(repeats, matmulRate, step);
  await engine.dispose();
  const tokens = c.lengths.reduce((a, b) => a + b, 0);
  const operations = trainingOperations(c.config, c.lengths);
  return [
    c.label,
    `${threads}`,
    tokens.toLocaleString('en'),
    range(spread(found.map((f) => tokens / f.seconds)), figure),
    range(spread(found.map((f) => operations / f.seconds / 1e9)), figure),
    range(spread(found.map((f) => operations / f.seconds / f.reference)), percent),
    c.optimizer ? percent(spread(optimizerShares.slice(1)).median) : '–',
  ];
}
