/** Networks and batches that are measured on a GPU, and small ones that show on a processor that all of it works. */
import { halfBillionBlocks, tiny } from '../networks.mjs';

/**
 * @typedef {object} Work
 * @property {string} label
 * @property {import('../networks.mjs').DecoderConfig} config
 * @property {readonly number[]} lengths of the sequences of a training step
 * @property {number} batch sequences decoded together
 * @property {number} promptLength
 * @property {number} responseLength
 */

const decoded = { promptLength: 13, responseLength: 32 };
const equal = (/** @type {number} */ count, /** @type {number} */ length) =>
  Array.from({ length: count }, () => length);

/** @type {Readonly<Record<'large' | 'small', Readonly<Record<'tiny' | 'half', Work>>>>} */
export const shapes = {
  large: {
    tiny: { label: 'orz-tiny', config: tiny, lengths: equal(56, 45), batch: 256, ...decoded },
    half: {
      label: 'Qwen2.5-0.5B, 24 blocks and head',
      config: { ...halfBillionBlocks, layers: 24, vocabSize: 151_936 },
      lengths: equal(4, 512),
      batch: 64,
      ...decoded,
    },
  },
  small: {
    tiny: {
      label: 'orz-tiny, small batches',
      config: tiny,
      lengths: equal(4, 45),
      batch: 8,
      ...decoded,
      responseLength: 8,
    },
    half: {
      label: 'one narrow block in the form of Qwen2.5-0.5B',
      config: { ...halfBillionBlocks, layers: 1, hiddenSize: 128, heads: 2, kvHeads: 1, intermediateSize: 512 },
      lengths: equal(2, 64),
      batch: 4,
      ...decoded,
      responseLength: 8,
    },
  },
};
