import { afterAll, beforeAll, expect, it } from 'vitest';
import { requireSameGradient } from '../../../../core/conformance/engine/gradient.js';
import { requireSameScores } from '../../../../core/conformance/engine/scores.js';
import { exampleBase, exampleSequences, exampleTraining } from '../../../../core/conformance/example-model.js';
import type { Backend } from '../../../../core/contracts/backend.js';
import { createPpoClip } from '../../../../plugins/loss-ppo/plugin.js';
import { accumulatedGradient, createEngine, type Settings } from './support.js';

/** The table of Qwen2.5. */
export const vocabSize = 151_936;

/** It on a body of one narrow layer. */
const config = {
  ...exampleBase().config,
  vocabSize,
  hiddenSize: 8,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headDim: 4,
  intermediateSize: 8,
};

/**
 * Tests that a backend scores and trains with a vocabulary whose logits do not fit at once, with the numbers that
 * another gives without chunks.
 */
export function largeVocabulary(
  start: () => Promise<Backend>,
  startOther: () => Promise<Backend>,
  tolerance: number,
): void {
  let backend: Backend;
  const labels: string[] = [];
  beforeAll(async () => {
    backend = await start();
    const submit = backend.submit.bind(backend);
    backend.submit = (program, inputs) => {
      labels.push(program.label);
      return submit(program, inputs);
    };
  });
  afterAll(() => backend.dispose());

  it('is scored and differentiated in chunks, with the numbers of one small micro-batch after another', async () => {
    const sequences = exampleTraining(
      exampleSequences(
        [
          [2, 150],
          [3, 140],
          [1, 20],
        ],
        config.vocabSize,
      ),
    );
    const results = async (backend: Backend, settings: Settings) => {
      const engine = await createEngine(backend, settings, { base: exampleBase(config) });
      const scores = await engine.policy.forward(sequences);
      await engine.policy.accumulate(sequences, createPpoClip());
      const gradient = await accumulatedGradient(backend, engine.policy);
      await engine.dispose();
      return { scores, gradient };
    };
    const chunked = await results(backend, { programs: 'blocks', microBatchTokens: 512, rowTokens: 160 });
    // 256 MiB of logits are 441 tokens; the chunk is the power of two below, and 310 tokens need two.
    expect(labels.filter((l) => l.startsWith('language head 256 of'))).toHaveLength(2);
    expect(labels.filter((l) => l.startsWith('language head training 256 of'))).toHaveLength(2);
    const other = await startOther(),
      fused = await results(other, { programs: 'fused', microBatchTokens: 160, rowTokens: 160 });
    await other.dispose();
    requireSameScores('scores', chunked.scores, fused.scores, tolerance);
    requireSameGradient('gradient', chunked.gradient, fused.gradient, 10 * tolerance);
  });
}
