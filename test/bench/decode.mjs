/** Decoding throughput as a share of what the packed forward pass of the same network reaches on the same sequences. */
import { openEngine, someTokens } from './engines.mjs';
import { besideReference, figure, percent, range, seconds, spread } from './measure.mjs';
import { sampled } from './machine.mjs';
import { cacheBytesPerToken, matrixElements, middle, tiny } from './networks.mjs';

/** @typedef {import('./machine.mjs').Machine} Machine */
/** @typedef {import('../../dist/core/compute/nn/config.js').DecoderConfig} DecoderConfig */

const promptLength = 13;
const responseLength = 32;
const batches = [1, 64, 256];

/**
 * `packed`: sequences of one packed forward pass, enough to fill micro-batches.
 * @type {readonly { readonly label: string, readonly config: DecoderConfig, readonly packed: number }[]}
 */
const cases = [
  { label: 'orz-tiny', config: tiny, packed: 256 },
  { label: '8 layers of 512', config: middle, packed: 64 },
];

/**
 * @param {Machine} machine
 * @param {{ readonly repeats: number, readonly say: (line: string) => void }} options
 * @returns {Promise<import('./table.mjs').Report>}
 */
export async function measureDecoding(machine, { repeats, say }) {
  const rows = [];
  for (const { label, config, packed } of cases) {
    const engine = await openEngine(machine.backend, config);
    await engine.sampler.sync(engine.policy);
    const forward = forwardRate(engine.policy, config, packed);
    for (const batch of batches) {
      say(`decoding ${label}, batch ${batch}`);
      const found = await besideReference(repeats, forward, () => sample(engine.sampler, config, batch));
      const [rate, bandwidth] = [await sampled(machine.matmulRate, repeats), await sampled(machine.bandwidth, repeats)];
      const floor = stepFloor(
        config,
        batch,
        { rate: rate.median, bandwidth: bandwidth.median },
        promptLength + responseLength / 2,
      );
      const tokens = batch * responseLength;
      rows.push([
        label,
        `${batch}`,
        range(spread(found.map((f) => tokens / f.seconds)), figure),
        figure(spread(found.map((f) => f.reference)).median),
        range(spread(found.map((f) => tokens / f.seconds / f.reference)), percent),
        figure(spread(found.map((f) => (f.seconds / responseLength) * 1000)).median),
        figure(floor * 1000),
      ]);
    }
    await engine.dispose();
  }
  return {
    name: 'decode',
    title: 'Decoding',
    columns: ['network', 'batch', 'decoded tokens/s', 'packed forward, tokens/s', 'share', 'ms a step', 'floor, ms'],
    rows,
    notes: [
      `Whole calls of the sampler: prompts of ${promptLength} tokens (prefilled, not counted as output), ` +
        `responses of ${responseLength}, temperature 1, text and bookkeeping included; ${machine.threads} threads. ` +
        'Packed forward: log-probabilities of such sequences, all tokens counted.',
      'Floor of a step: the larger of its operations at the rate of the matrix product and its bytes (weights ' +
        'once, caches of all sequences) at the memory rate, both measured right after it; small networks lie in the ' +
        'caches of the processor, where memory is no floor.',
    ],
  };
}

/**
 * Measures tokens per second of the packed forward pass.
 * @param {import('../../dist/core/contracts/model.js').Model} model
 * @param {DecoderConfig} config
 * @param {number} count of sequences
 */
function forwardRate(model, config, count) {
  const length = promptLength + responseLength;
  const sequences = Array.from({ length: count }, (_, s) => ({
    tokens: someTokens(length, config.vocabSize, s),
    promptLength,
  }));
  return async () => (sequences.length * length) / (await seconds(() => model.forward(sequences)));
}

/**
 * @param {import('../../dist/core/contracts/sampler.js').Sampler} sampler
 * @param {DecoderConfig} config
 * @param {number} batch
 */
function sample(sampler, config, batch) {
  const settings = { temperature: 1, topP: 1, topK: 0, maxResponseTokens: responseLength, stop: [], stopTokens: [] };
  const count = Math.min(batch, 16);
  return sampler.sample(
    Array.from({ length: batch / count }, (_, r) => ({
      promptTokens: someTokens(promptLength, config.vocabSize, r),
      count,
      settings,
      key: [r],
    })),
  );
}

/**
 * Least seconds that one decoding step can take.
 * @param {DecoderConfig} config
 * @param {number} batch
 * @param {{ readonly rate: number, readonly bandwidth: number }} machine
 * @param {number} context tokens in the cache of each sequence
 */
function stepFloor(config, batch, { rate, bandwidth }, context) {
  const operations = batch * (2 * matrixElements(config) + 4 * config.layers * config.heads * config.headDim * context);
  const bytes = 4 * matrixElements(config) + batch * context * cacheBytesPerToken(config);
  return Math.max(operations / rate, bytes / bandwidth);
}
