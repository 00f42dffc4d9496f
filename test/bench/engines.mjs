/** Engines with arbitrary weights, and sequences to feed them: speed does not depend on the numbers. */
import { createLocalEngine, localEngineSettings } from '../../dist/core/compute/engine/local-engine.js';
import { decoderParameters } from '../../dist/core/compute/nn/parameters.js';
import { createRandom } from '../../dist/core/random.js';
import { sizeOf } from '../../dist/core/compute/tensor/types.js';
import { createAdamW } from '../../dist/plugins/optimizer-adamw/plugin.js';

/** @typedef {import('../../dist/core/compute/nn/config.js').DecoderConfig} DecoderConfig */
/** @typedef {import('../../dist/core/contracts/tokenizer.js').Tokenizer} Tokenizer */

const random = createRandom(1);

/**
 * @param {import('../../dist/core/contracts/backend.js').Backend} backend
 * @param {DecoderConfig} config
 * @param {Partial<import('../../dist/core/compute/engine/local-engine.js').LocalEngineSettings>} settings
 */
export function openEngine(backend, config, settings = {}) {
  return createLocalEngine(localEngineSettings.parse(settings), backend).create({
    base: { config, tokenizer: plainTokenizer(config.vocabSize), weights: () => baseWeights(config) },
    optimizer: createAdamW(),
    critic: false,
    reference: false,
    random,
  });
}

/**
 * One block of normal numbers over and over: drawing hundreds of millions would take minutes.
 * @param {DecoderConfig} config
 */
export function* baseWeights(config) {
  const stream = random.stream('weights');
  const normals = Float32Array.from({ length: 8191 }, (_, i) => stream.normalPair(i)[0]);
  for (const { name, shape, initial } of decoderParameters(config, 'language')) {
    const data = new Float32Array(sizeOf(shape));
    if ('fill' in initial) data.fill(initial.fill);
    else if ('std' in initial)
      for (let i = 0; i < data.length; i++) data[i] = (normals[i % normals.length] ?? 0) * initial.std;
    yield { name, shape, data };
  }
}

/**
 * Every token is one letter: what decoding text costs is part of sampling, what its letters are is not.
 * @param {number} vocabSize
 * @returns {Tokenizer}
 */
function plainTokenizer(vocabSize) {
  return {
    vocabSize,
    endTokens: [],
    definition: undefined,
    encode: (text) => Int32Array.from(text, (letter) => letter.charCodeAt(0) % vocabSize),
    decode: (tokens) => String.fromCharCode(...Array.from(tokens, (token) => 97 + (token % 26))),
  };
}

/** @param {number} count @param {number} vocabSize @param {number} key */
export const someTokens = (count, vocabSize, key) =>
  Int32Array.from({ length: count }, (_, i) => random.stream('tokens').integer(vocabSize, key, i));

/**
 * Sequences with everything the PPO loss reads.
 * @param {DecoderConfig} config
 * @param {readonly number[]} lengths
 * @param {number} promptLength
 * @returns {import('../../dist/core/contracts/model.js').TrainingSequence[]}
 */
export function trainingSequences(config, lengths, promptLength) {
  const tokens = lengths.reduce((a, b) => a + b - promptLength, 0);
  return lengths.map((length, s) => {
    const filled = (/** @type {number} */ value) => new Float32Array(length - promptLength).fill(value);
    return {
      tokens: someTokens(length, config.vocabSize, s),
      promptLength,
      weights: filled(1 / tokens),
      inputs: { oldLogprobs: filled(-Math.log(config.vocabSize)), advantages: filled(s % 2 === 0 ? 1 : -1) },
    };
  });
}
