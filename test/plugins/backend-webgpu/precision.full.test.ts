import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gradientOf } from '../../../core/conformance/engine/gradient.js';
import { exampleRequest } from '../../../core/conformance/engine/harness.js';
import {
  exampleBase,
  exampleDecoder,
  exampleSequences,
  exampleTraining,
} from '../../../core/conformance/example-model.js';
import type { Engine } from '../../../core/contracts/engine.js';
import type { DecoderConfig } from '../../../core/compute/nn/config.js';
import { createPpoClip } from '../../../plugins/loss-ppo/plugin.js';
import type { WebGpuBackend } from '../../../plugins/backend-webgpu/backend.js';
import { createEngine, startReference } from '../../core/compute/engine/support.js';
import { skipReason, startWebGpu } from './support.js';

/** Wide enough that all products of a block are made in f16. */
const config: DecoderConfig = {
  ...exampleDecoder,
  hiddenSize: 40,
  heads: 5,
  kvHeads: 1,
  headDim: 8,
  intermediateSize: 72,
};
const lengths: readonly (readonly [number, number])[] = [
  [3, 9],
  [1, 14],
  [6, 3],
  [2, 20],
];

describe.skipIf(skipReason !== undefined)('a decoder with products in f16', () => {
  let backend: WebGpuBackend, oracle: Engine, tested: Engine;
  beforeAll(async () => {
    backend = await startWebGpu({ precision: 'f16' });
    const request = exampleRequest({ base: exampleBase(config) });
    oracle = await createEngine(await startReference(), {}, request);
    tested = await createEngine(backend, {}, request);
  });
  afterAll(() => backend.dispose());

  it('gives log-probabilities and gradients as 11 bits allow', async () => {
    const sequences = exampleSequences(lengths, config.vocabSize),
      expected = await oracle.policy.forward(sequences),
      actual = await tested.policy.forward(sequences);
    const gaps = expected.flatMap(({ logprobs }, i) =>
      [...logprobs!].map((x, j) => Math.abs(x - actual[i]!.logprobs![j]!)),
    );
    // Two blocks of four products in a row, each rounded by up to 2⁻¹¹ of logits around 4: 0.016 if all errors had one
    // sign.
    expect(Math.max(...gaps)).toBeLessThan(0.016);
    expect(Math.max(...gaps)).toBeGreaterThan(1e-5); // Not f32.
    const training = exampleTraining(sequences, expected),
      loss = createPpoClip();
    const [a, b] = [
      await gradientOf(oracle.policy, loss, [training]),
      await gradientOf(tested.policy, loss, [training]),
    ];
    const distance = Math.sqrt(
      [...a.gradient].reduce(
        (sum, [name, g]) => sum + g.reduce((s, x, i) => s + (x - b.gradient.get(name)![i]!) ** 2, 0),
        0,
      ),
    );
    expect(distance / a.norm).toBeLessThan(0.01);
  });

  it('gives the sampler log-probabilities nearer to those of the trainer than either is to f32', async () => {
    const settings = { temperature: 1, topP: 1, topK: 0, maxResponseTokens: 12, stop: [], stopTokens: [] };
    const requests = exampleSequences(
      [
        [1, 0],
        [5, 0],
        [9, 0],
      ],
      config.vocabSize,
    ).map(({ tokens }, r) => ({ promptTokens: tokens, count: 3, key: [7, r], settings }));
    await tested.sampler.sync(tested.policy);
    const completions = await tested.sampler.sample(requests);
    const scores = await tested.policy.forward(
      completions.map((c) => {
        const { promptTokens } = requests[c.request]!;
        return { tokens: Int32Array.of(...promptTokens, ...c.tokens), promptLength: promptTokens.length };
      }),
    );
    const gaps = completions.flatMap((c, i) => [...c.logprobs].map((x, j) => Math.abs(x - scores[i]!.logprobs![j]!)));
    // Both round the same factors, but some that differ in their last bits are rounded to different sides.
    expect(Math.max(...gaps)).toBeLessThan(0.005);
  });
});
