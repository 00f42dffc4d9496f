import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireSameGradient, squaredNorm } from '../../../../core/conformance/engine/gradient.js';
import { requireSameScores } from '../../../../core/conformance/engine/scores.js';
import {
  exampleBase,
  exampleDecoder,
  exampleLengths,
  exampleSequences,
  exampleTraining,
  untiedDecoder,
} from '../../../../core/conformance/example-model.js';
import type { Backend } from '../../../../core/contracts/backend.js';
import type { Loss } from '../../../../core/contracts/loss.js';
import type { Model, TokenScores, TrainingSequence } from '../../../../core/contracts/model.js';
import type { DecoderConfig } from '../../../../core/compute/nn/config.js';
import { createPpoClip } from '../../../../plugins/loss-ppo/plugin.js';
import { createValueLoss } from '../../../../plugins/loss-value/plugin.js';
import {
  accumulatedGradient,
  createEngine,
  onnxTolerance,
  referenceTolerance,
  startOnnx,
  startReference,
  type Settings,
} from './support.js';

interface Trained {
  readonly scores: readonly TokenScores[];
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly gradient: Map<string, Float32Array>;
}

let reference: Backend;
let onnx: Backend;
beforeAll(async () => {
  [reference, onnx] = [await startReference(), await startOnnx()];
});
afterAll(async () => {
  await reference.dispose();
  await onnx.dispose();
});

/** Sequences with inputs near the scores of the example model, the same for all engines compared. */
let inputs: Record<string, TrainingSequence[]> = {};
async function training(config: DecoderConfig): Promise<TrainingSequence[]> {
  const key = JSON.stringify(config);
  if (!inputs[key]) {
    const engine = await createEngine(onnx, {}, { base: exampleBase(config), critic: true });
    const sequences = exampleSequences(exampleLengths, config.vocabSize);
    const [scores, values] = [await engine.policy.forward(sequences), await engine.critic!.forward(sequences)];
    await engine.dispose();
    inputs = {
      ...inputs,
      [key]: exampleTraining(
        sequences,
        scores.map((s, i) => ({ ...s, ...values[i] })),
      ),
    };
  }
  return inputs[key]!;
}

/** Scores, loss and gradient of policy and critic under some settings. */
async function trained(
  backend: Backend,
  config: DecoderConfig,
  settings: Settings,
  sequences: readonly TrainingSequence[],
): Promise<{ policy: Trained; critic: Trained }> {
  const engine = await createEngine(backend, settings, { base: exampleBase(config), critic: true });
  const one = async (model: Model, loss: Loss): Promise<Trained> => {
    const scores = await model.forward(sequences, { temperature: 0.8 });
    const report = await model.accumulate(sequences, loss, { temperature: 0.8 });
    return { scores, ...report, gradient: await accumulatedGradient(backend, model) };
  };
  try {
    return { policy: await one(engine.policy, createPpoClip()), critic: await one(engine.critic!, createValueLoss()) };
  } finally {
    await engine.dispose();
  }
}

function expectSame(actual: Trained, expected: Trained, tolerance: number): void {
  requireSameScores('scores', actual.scores, expected.scores, tolerance);
  expect(Math.abs(actual.loss - expected.loss)).toBeLessThan(tolerance);
  for (const [name, value] of Object.entries(expected.metrics))
    expect(Math.abs(actual.metrics[name]! - value), name).toBeLessThan(tolerance);
  // Sums of gradients over tokens have another order: ten times the tolerance of one score, relative to the largest
  // entry.
  requireSameGradient('gradient', actual.gradient, expected.gradient, 10 * tolerance);
}

describe('one program for the network and one per block', () => {
  it.each([
    ['tied', exampleDecoder],
    ['untied', untiedDecoder],
  ] as const)('give the same scores, losses and gradients: %s head', async (_, config) => {
    const sequences = await training(config);
    for (const [backend, tolerance] of [
      [reference, referenceTolerance],
      [onnx, onnxTolerance],
    ] as const) {
      const fused = await trained(backend, config, { programs: 'fused' }, sequences);
      const blocks = await trained(backend, config, { programs: 'blocks' }, sequences);
      expectSame(blocks.policy, fused.policy, tolerance);
      expectSame(blocks.critic, fused.critic, tolerance);
      expect(squaredNorm(fused.policy.gradient.values())).toBeGreaterThan(1e-4);
    }
  });

  it('give the same when the head needs several chunks of tokens', async () => {
    // 1,024 tokens make a chunk: 1,600 response tokens in one micro-batch need two.
    const sequences = exampleTraining(exampleSequences(Array.from({ length: 40 }, () => [3, 40] as const)));
    const settings = { microBatchTokens: 2048, rowTokens: 64 };
    const fused = await trained(onnx, exampleDecoder, { ...settings, programs: 'fused' }, sequences);
    const blocks = await trained(onnx, exampleDecoder, { ...settings, programs: 'blocks' }, sequences);
    expectSame(blocks.policy, fused.policy, onnxTolerance);
    expectSame(blocks.critic, fused.critic, onnxTolerance);
  });
});

describe('the gradient', () => {
  const packings: readonly Settings[] = [
    { microBatchTokens: 16, rowTokens: 16 },
    { microBatchTokens: 64, rowTokens: 64 },
    { microBatchTokens: 4096, rowTokens: 16 },
    { microBatchTokens: 4096, rowTokens: 160 },
  ];

  it.each(['fused', 'blocks'] as const)(
    'does not depend on the size of micro-batches, the length of rows or the order of sequences: %s',
    async (programs) => {
      const sequences = await training(exampleDecoder);
      for (const [backend, tolerance] of [
        [reference, referenceTolerance],
        [onnx, onnxTolerance],
      ] as const) {
        if (backend === reference && programs === 'blocks') continue; // Equal to the fused one by the test above.
        const expected = await trained(backend, exampleDecoder, { programs }, sequences);
        for (const packing of backend === reference ? packings.slice(0, 2) : packings) {
          const order = sequences.map((_, i) => (5 * i + 2) % sequences.length);
          const { policy, critic } = await trained(
            backend,
            exampleDecoder,
            { programs, ...packing },
            order.map((i) => sequences[i]!),
          );
          const inOrder = (t: Trained): Trained => ({
            ...t,
            scores: sequences.map((_, i) => t.scores[order.indexOf(i)]!),
          });
          expectSame(inOrder(policy), expected.policy, tolerance);
          expectSame(inOrder(critic), expected.critic, tolerance);
        }
      }
    },
  );
});

describe('attention', () => {
  it.each([
    ['reference', 'fused'],
    ['reference', 'blocks'],
    ['onnx', 'fused'],
    ['onnx', 'blocks'],
  ] as const)('never crosses the border of a sequence: %s, %s', async (name, programs) => {
    const sequences = exampleSequences(exampleLengths);
    const engine = await createEngine(
      name === 'reference' ? reference : onnx,
      { programs, microBatchTokens: 256, rowTokens: 128 },
      { critic: true },
    );
    for (const model of [engine.policy, engine.critic!]) {
      const expected = await model.forward(sequences);
      for (const changed of [0, 3, 5, 8]) {
        const other = sequences.map((s, i) =>
          i === changed ? { ...s, tokens: s.tokens.map((id) => (id + 7) % exampleDecoder.vocabSize) } : s,
        );
        const scores = await model.forward(other);
        // Bit for bit: for tokens of another sequence the softmax weight is exactly zero.
        scores.forEach((s, i) => {
          if (i !== changed) expect(s, `sequence ${i} when ${changed} changes`).toEqual(expected[i]);
        });
        expect(scores[changed]).not.toEqual(expected[changed]);
      }
    }
    await engine.dispose();
  });

  it('sees the whole of its own sequence, from any position in a row', async () => {
    const engine = await createEngine(reference, { microBatchTokens: 256, rowTokens: 128 });
    const sequences = exampleSequences([
      [4, 20],
      [4, 20],
      [4, 20],
    ]);
    const expected = await engine.policy.forward(sequences);
    for (const [i, s] of sequences.entries()) {
      const changed = sequences.map((other, j) =>
        j === i
          ? { ...s, tokens: s.tokens.map((id, t) => (t === 0 ? (id + 1) % exampleDecoder.vocabSize : id)) }
          : other,
      );
      const scores = await engine.policy.forward(changed);
      expect(scores[i]!.logprobs!.every((x, t) => x !== expected[i]!.logprobs![t])).toBe(true);
    }
    await engine.dispose();
  });
});
