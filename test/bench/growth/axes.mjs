/** What grows, from where to where, and what is measured against it. */
import { middle, tiny } from '../networks.mjs';

/**
 * One axis of growth. `values` is doubled from the first to the last.
 * @typedef {object} Axis
 * @property {'length' | 'batch' | 'width' | 'problems'} name
 * @property {string} title
 * @property {string} xLabel
 * @property {string} unit of what is counted per second
 * @property {readonly number[]} values
 * @property {string} limit what decides at the far end
 */

/** Powers of two, or of four. @param {number} from @param {number} to @param {number} factor */
const steps = (from, to, factor) =>
  Array.from({ length: Math.round(Math.log(to / from) / Math.log(factor)) + 1 }, (_, i) => from * factor ** i);

/** @type {readonly Axis[]} */
export const axes = [
  {
    name: 'length',
    title: 'Training, sequence length',
    xLabel: 'tokens of a sequence',
    unit: 'tokens/s',
    values: steps(128, 8192, 2),
    limit: 'scores: their operations grow with the square of the length, everything else with the length',
  },
  {
    name: 'batch',
    title: 'Sampling, batch',
    xLabel: 'sequences sampled together',
    unit: 'tokens/s',
    values: steps(1, 4096, 4),
    limit: 'the fixed cost of a step up to some 64 sequences, then products; beyond 256 slots they wait for each other',
  },
  {
    name: 'width',
    title: 'Training, model width',
    xLabel: 'width',
    unit: 'tokens/s',
    values: steps(64, 1024, 2),
    limit: 'products: their operations and the weights grow with the square of the width',
  },
  {
    name: 'problems',
    title: 'Data, number of problems',
    xLabel: 'problems',
    unit: 'problems/s',
    values: [890, 3560, 14_240, 56_960],
    limit:
      'the tokenizer and the filters take the same time for each problem; the start of the program counts at first',
  },
];

/** 8 blocks of 512, as in the race. */
export const lengthNetwork = { ...middle, vocabSize: 4096, maxPositions: 8192 };
/** Tokens of a step at most of the lengths; one sequence where it is longer. */
export const lengthTokens = 2048;

export const batchNetwork = tiny;
export const batchShape = { promptLength: 13, responseLength: 32 };

/** 4 blocks with heads of 64 on one. @param {number} width @returns {import('../networks.mjs').DecoderConfig} */
export const widthNetwork = (width) => ({
  ...middle,
  vocabSize: 512,
  layers: 4,
  hiddenSize: width,
  heads: width / 64,
  kvHeads: 1,
  intermediateSize: 3 * width,
});
/** Sequences of a training step. */
export const widthLengths = [256, 256, 256, 256];
