/** What is raced: the work, who does it, and the goal of each ratio. */
import { halfBillionBlocks, middle, tiny } from '../networks.mjs';

/** Networks of the race by name: 8 blocks of width 512; 3 blocks of Qwen2.5-0.5B with and without its head. */
export const networks = {
  tiny,
  wide: { ...middle, vocabSize: 4096 },
  half: { ...halfBillionBlocks, vocabSize: 151_936 },
  blocks: halfBillionBlocks,
};
/** @typedef {keyof typeof networks} NetworkName */

/**
 * How a peer does the work of a training step. `transformers`: rows padded to the longest, as the library is usually
 * called; `packed`: sequences packed into rows, the network in plain PyTorch; the others change the latter.
 * @typedef {'transformers' | 'packed' | 'checkpointed' | 'compiled'} TrainingForm
 */
/**
 * @typedef {object} Peer
 * @property {string} label
 * @property {'torch' | 'llama'} worker
 * @property {TrainingForm} [form] of training
 * @property {number} [goal] least ratio of its time to ours
 */
/**
 * @typedef {object} Case
 * @property {string} label
 * @property {NetworkName} network
 * @property {'train' | 'optimizer' | 'sample'} command
 * @property {number} rounds
 * @property {number} repeat measurements of each racer in a round, of which the middle one counts
 * @property {readonly number[]} [lengths] of the sequences of a step
 * @property {number} promptLength
 * @property {number} [rowLength] of packed rows
 * @property {number} [batch] sequences sampled together
 * @property {number} [responseLength]
 * @property {number} [goalShare] least share of the matrix rate
 * @property {readonly Peer[]} peers
 */

const eager = /** @type {const} */ ({ worker: 'torch', form: 'packed', goal: 1.2 });
const compiled = /** @type {const} */ ({ label: 'PyTorch, compiled', worker: 'torch', form: 'compiled', goal: 1 });

/** @type {readonly Case[]} */
const training = [
  {
    label: 'training step, orz-tiny, 56 sequences',
    network: 'tiny',
    command: 'train',
    rounds: 9,
    repeat: 5,
    // As in the middle of a run: prompts of 13 tokens, responses from a blurt of 9 to a worked answer of 33.
    lengths: Array.from({ length: 56 }, (_, i) => 22 + ((i * 11) % 25)),
    promptLength: 13,
    rowLength: 128,
    goalShare: 0.6,
    peers: [
      { label: 'transformers, padded, eager', worker: 'torch', form: 'transformers', goal: 1.2 },
      { label: 'PyTorch, packed, eager', ...eager },
      { ...compiled, label: 'PyTorch, packed, compiled' },
    ],
  },
  {
    label: 'training step, 8 blocks of 512, vocabulary 4,096, 4 sequences of 512',
    network: 'wide',
    command: 'train',
    rounds: 3,
    repeat: 1,
    lengths: [512, 512, 512, 512],
    promptLength: 64,
    rowLength: 512,
    peers: [{ label: 'PyTorch, eager', ...eager }, compiled],
  },
  {
    label: 'training step, 3 blocks of Qwen2.5-0.5B and its head, 2 sequences of 512',
    network: 'half',
    command: 'train',
    rounds: 3,
    repeat: 1,
    lengths: [512, 512],
    promptLength: 1,
    rowLength: 512,
    goalShare: 0.8,
    peers: [
      { label: 'PyTorch, eager', ...eager },
      { label: 'PyTorch, eager, checkpointing', ...eager, form: 'checkpointed' },
      compiled,
    ],
  },
  {
    label: 'AdamW alone, 3 blocks of Qwen2.5-0.5B',
    network: 'blocks',
    command: 'optimizer',
    rounds: 5,
    repeat: 3,
    lengths: [16],
    promptLength: 1,
    rowLength: 16,
    peers: [{ label: 'PyTorch, fused', worker: 'torch', form: 'packed', goal: 1 }],
  },
];

/**
 * @param {number} transformers goal against transformers; against llama.cpp it is 1
 * @returns {readonly Peer[]}
 */
const samplers = (transformers) => [
  { label: 'transformers', worker: 'torch', goal: transformers },
  { label: 'llama.cpp', worker: 'llama', goal: 1 },
];
const tinySampling = /** @type {const} */ ({
  network: 'tiny',
  command: 'sample',
  repeat: 3,
  promptLength: 13,
  responseLength: 32,
});

/** @type {readonly Case[]} */
const sampling = [
  { label: 'sampling orz-tiny, 256 sequences', ...tinySampling, rounds: 5, batch: 256, peers: samplers(2) },
  { label: 'sampling orz-tiny, 64 sequences', ...tinySampling, rounds: 5, batch: 64, peers: samplers(2) },
  { label: 'sampling orz-tiny, 1 sequence', ...tinySampling, rounds: 7, batch: 1, peers: samplers(3) },
  {
    label: 'sampling 8 blocks of 512, 64 sequences, 100 + 200 tokens',
    network: 'wide',
    command: 'sample',
    rounds: 2,
    repeat: 1,
    promptLength: 100,
    responseLength: 200,
    batch: 64,
    peers: samplers(2),
  },
  {
    label: 'sampling 3 blocks of Qwen2.5-0.5B and its head, 8 sequences, 32 + 64 tokens',
    network: 'half',
    command: 'sample',
    rounds: 2,
    repeat: 1,
    promptLength: 32,
    responseLength: 64,
    batch: 8,
    peers: samplers(3),
  },
];

/** In an order that loads each network once. */
export const cases = [...training, ...sampling];
