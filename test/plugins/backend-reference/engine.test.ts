import { describe, expect, it } from 'vitest';
import type { Loss } from '../../../core/contracts/loss.js';
import type { Tokenizer } from '../../../core/contracts/tokenizer.js';
import { createLocalEngine } from '../../../core/compute/engine/local-engine.js';
import { decoderParameters, initialValues } from '../../../core/compute/nn/parameters.js';
import { createRandom } from '../../../core/random.js';
import { mul, neg, sum } from '../../../core/compute/tensor/ops.js';
import { createAdamW } from '../../../plugins/optimizer-adamw/plugin.js';
import { ReferenceBackend } from '../../../plugins/backend-reference/backend.js';

const config = {
  vocabSize: 19,
  hiddenSize: 8,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headDim: 4,
  intermediateSize: 12,
  rmsNormEps: 1e-6,
  ropeTheta: 10000,
  attentionBias: 'qkv' as const,
  qkNorm: false,
  tieWordEmbeddings: true,
  maxPositions: 64,
};
const tokenizer: Tokenizer = {
  vocabSize: 19,
  endTokens: [0],
  encode: () => new Int32Array(),
  decode: (ids) => Array.from(ids, (id) => ` ${id}`).join(''),
  definition: {},
};
const imitate: Loss = {
  name: 'imitate',
  settings: {},
  build: (_, t) => ({ loss: neg(sum(mul(t.weights, t.logprobs))) }),
};

describe('an engine on the reference backend', () => {
  it.each(['fused', 'blocks'] as const)(
    'samples, scores and learns with %s programs, and holds no buffer it does not need',
    async (programs) => {
      const backend = new ReferenceBackend(),
        random = createRandom(5);
      const specs = decoderParameters(config, 'language');
      const weights = () =>
        specs.map((spec, i) => ({
          name: spec.name,
          shape: spec.shape,
          data: initialValues(spec, random.stream('weights'), i),
        }));
      const engine = await createLocalEngine(
        { microBatchTokens: 64, rowTokens: 16, maxSlots: 4, programs },
        backend,
      ).create({
        base: { config, tokenizer, weights },
        optimizer: createAdamW(),
        critic: false,
        reference: false,
        random,
      });
      await engine.sampler.sync(engine.policy);
      const settings = { temperature: 1, topP: 1, topK: 0, maxResponseTokens: 5, stop: [], stopTokens: [0] };
      const completions = await engine.sampler.sample([
        { promptTokens: Int32Array.of(3, 4), count: 3, settings, key: [1] },
      ]);
      const sequences = completions.map((c) => ({
        tokens: Int32Array.of(3, 4, ...c.tokens),
        promptLength: 2,
        weights: new Float32Array(c.tokens.length).fill(1),
        inputs: {},
      }));
      const before = await engine.policy.forward(sequences);
      completions.forEach((c, i) => c.logprobs.forEach((v, t) => expect(before[i]!.logprobs![t]).toBeCloseTo(v, 5)));

      const losses: number[] = [];
      for (let step = 0; step < 3; step++) {
        losses.push((await engine.policy.accumulate(sequences, imitate)).loss);
        await engine.policy.step({ learningRate: 0.01, maxGradNorm: 1 });
      }
      expect(losses[2]).toBeLessThan(losses[0]!);
      // Values and two moments of each parameter; a buffer more would be a leak that grows with every step.
      expect(backend.memory().buffers).toBeLessThanOrEqual(3 * specs.length + 4);
      await engine.dispose();
      expect(backend.memory().buffers).toBeLessThanOrEqual(4);
    },
  );
});
