import { describe, expect, it } from 'vitest';
import { crossEntropy } from '../../../../core/recipe/cross-entropy.js';
import { lossWeights } from '../../../../core/recipe/loss-weights.js';
import { exampleBase, exampleDecoder } from '../../../../core/conformance/example-model.js';
import type { TrainingSequence } from '../../../../core/contracts/model.js';
import { createRandom } from '../../../../core/random.js';
import { createAdamW } from '../../../../plugins/optimizer-adamw/plugin.js';
import { createValueLoss } from '../../../../plugins/loss-value/plugin.js';
import { createEngine, startOnnx } from '../../compute/engine/support.js';

const { integer } = createRandom(9).stream('copy task');

/** Four letters, a separator, and the same letters again: only attention to the prompt can solve it. */
function copyTask(first: number, count: number): TrainingSequence[] {
  const sequences = Array.from({ length: count }, (_, i) => {
    const letters = Array.from({ length: 4 }, (_, t) => integer(6, first + i, t));
    return { tokens: Int32Array.of(...letters, 20, ...letters), promptLength: 5 };
  });
  const weights = lossWeights(
    'token-mean',
    sequences.map(() => ({ promptLength: 5, responseLength: 4 })),
  );
  return sequences.map((s, i) => ({
    ...s,
    weights: weights[i]!,
    inputs: { returns: Float32Array.from(s.tokens.subarray(1, 5), (id) => id / 6), oldValues: new Float32Array(4) },
  }));
}

describe('training', () => {
  it('a policy learns to copy: from the loss of a guess to nearly none, on texts it has not seen', async () => {
    const backend = await startOnnx(2);
    const engine = await createEngine(
      backend,
      { microBatchTokens: 1024, rowTokens: 64 },
      {
        base: exampleBase({
          ...exampleDecoder,
          hiddenSize: 32,
          heads: 4,
          kvHeads: 2,
          headDim: 8,
          intermediateSize: 64,
        }),
        optimizer: createAdamW(),
      },
    );
    const losses: number[] = [];
    for (let step = 0; step < 200; step++) {
      losses.push((await engine.policy.accumulate(copyTask(64 * step, 64), crossEntropy)).loss);
      await engine.policy.step({ learningRate: 0.01, maxGradNorm: 1 });
    }
    expect(losses[0]).toBeGreaterThan(Math.log(6));
    const held = copyTask(1e6, 100),
      scores = await engine.policy.forward(held);
    const mean = -scores.flatMap((s) => [...s.logprobs!]).reduce((a, b) => a + b, 0) / 400;
    expect(mean).toBeLessThan(0.2);
    await engine.sampler.sync(engine.policy);
    const settings = { temperature: 0, topP: 1, topK: 0, maxResponseTokens: 4, stop: [], stopTokens: [] };
    const copies = await engine.sampler.sample(
      held.map((s, i) => ({ promptTokens: s.tokens.slice(0, 5), count: 1, key: [i], settings })),
    );
    expect(copies.filter((c, i) => c.tokens.join() === held[i]!.tokens.slice(5).join()).length).toBeGreaterThan(85);
    await engine.dispose();
    await backend.dispose();
  });

  it('a critic learns returns that the tokens before tell', async () => {
    const backend = await startOnnx(2);
    const engine = await createEngine(
      backend,
      { microBatchTokens: 1024, rowTokens: 64 },
      { critic: true, optimizer: createAdamW() },
    );
    const valueLoss = createValueLoss({ valueClipEps: null });
    const losses: number[] = [];
    for (let step = 0; step < 60; step++) {
      losses.push((await engine.critic!.accumulate(copyTask(64 * step, 64), valueLoss)).loss);
      await engine.critic!.step({ learningRate: 0.01, maxGradNorm: 1 });
    }
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 5);
    await engine.dispose();
    await backend.dispose();
  });
});
