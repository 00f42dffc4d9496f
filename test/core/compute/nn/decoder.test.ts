import { tensorsOf } from '../../../../core/model-files/model-tensors.js';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireSameGradient } from '../../../../core/conformance/engine/gradient.js';
import { exampleBase } from '../../../../core/conformance/example-model.js';
import type { Backend } from '../../../../core/contracts/backend.js';
import type { BaseModel } from '../../../../core/contracts/model-source.js';
import type { Loss } from '../../../../core/contracts/loss.js';
import type { Model, NamedTensor, TrainingSequence } from '../../../../core/contracts/model.js';
import { fromHuggingFaceConfig } from '../../../../core/model-files/hugging-face-config.js';
import { valueHeadName } from '../../../../core/compute/nn/parameters.js';
import { mul, sum } from '../../../../core/compute/tensor/ops.js';
import { maxDifference } from '../../../fixtures/algorithm-oracle.js';
import { accumulatedGradient, createEngine, startOnnx, startReference } from '../engine/support.js';

interface RecordedSequence {
  readonly promptLength: number;
  readonly tokens: number[];
  readonly weights: number[];
  readonly logprobs: number[];
  readonly entropy: number[];
  readonly values: number[];
}

/** Numbers of test/fixtures/decoder/decoder-oracle.py, which says how they were made. */
interface Recorded {
  readonly config: Record<string, unknown>;
  readonly weights: Record<string, { readonly shape: number[]; readonly data: number[] }>;
  readonly valueHead: number[];
  readonly sequences: readonly RecordedSequence[];
  readonly policyLoss: number;
  readonly valueLoss: number;
  readonly policyGradient: Record<string, number[]>;
  readonly valueGradient: Record<string, number[]>;
  readonly greedy: { readonly prompt: number[]; readonly tokens: number[] };
}

const { cases } = JSON.parse(
  readFileSync(new URL('../../../fixtures/decoder/decoder-oracle.json', import.meta.url), 'utf8'),
) as { cases: Record<'tied' | 'untied', Recorded> };

/** Both sides compute norms and the softmax of attention in float32. */
const tolerance = 1e-5;
/** Relative to the largest entry of a tensor; the backward pass rounds to float32 as many times again. */
const gradientTolerance = 5e-5;

function baseOf(r: Recorded): BaseModel {
  const { config } = fromHuggingFaceConfig(
    { model_type: 'qwen2', hidden_act: 'silu', rope_theta: 10_000, ...r.config },
    'decoder-oracle.json',
  );
  const weights: NamedTensor[] = Object.entries(r.weights).map(([name, { shape, data }]) => ({
    name,
    shape,
    data: Float32Array.from(data),
  }));
  // The texts of these models mean nothing; only ids matter. A table with fewer ids than the model has rows is enough.
  const { tokenizer } = exampleBase();
  return { config, tokenizer: { ...tokenizer, vocabSize: config.vocabSize, decode: () => '' }, weights: () => weights };
}

const sequencesOf = (r: Recorded): TrainingSequence[] =>
  r.sequences.map((s) => ({
    tokens: Int32Array.from(s.tokens),
    promptLength: s.promptLength,
    weights: Float32Array.from(s.weights),
    inputs: {},
  }));

const weighted = (field: 'logprobs' | 'values'): Loss => ({
  name: `weighted ${field}`,
  settings: {},
  build: (_g, t) => ({ loss: sum(mul(t.weights, t[field])) }),
});

const tensors = (recorded: Record<string, number[]>): Map<string, Float32Array> =>
  new Map(Object.entries(recorded).map(([name, data]) => [name, Float32Array.from(data)]));

async function setValueHead(critic: Model, head: number[]): Promise<void> {
  const weights: NamedTensor[] = [];
  for await (const t of tensorsOf(critic).exportWeights())
    weights.push(t.name === valueHeadName ? { ...t, data: Float32Array.from(head) } : t);
  await tensorsOf(critic).importWeights(weights);
}

describe.each([
  ['the reference backend', startReference, 'fused'],
  ['ONNX on the CPU', startOnnx, 'fused'],
  ['ONNX on the CPU, block by block', startOnnx, 'blocks'],
] as const)('a Qwen2 decoder on %s computes what transformers does', (_, start, programs) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await start();
  });
  afterAll(() => backend.dispose());

  it.each(['tied', 'untied'] as const)(
    'log-probabilities, entropy, values and all gradients: %s head',
    async (name) => {
      const recorded = cases[name],
        sequences = sequencesOf(recorded);
      const { policy, critic, dispose } = await createEngine(
        backend,
        { programs },
        { base: baseOf(recorded), critic: true },
      );
      await setValueHead(critic!, recorded.valueHead);
      const scores = await policy.forward(sequences),
        values = await critic!.forward(sequences);
      recorded.sequences.forEach((s, i) => {
        expect(maxDifference(scores[i]!.logprobs!, s.logprobs)).toBeLessThan(tolerance);
        expect(maxDifference(scores[i]!.entropy!, s.entropy)).toBeLessThan(tolerance);
        expect(maxDifference(values[i]!.values!, s.values)).toBeLessThan(tolerance);
      });
      expect((await policy.accumulate(sequences, weighted('logprobs'))).loss).toBeCloseTo(recorded.policyLoss, 4);
      expect((await critic!.accumulate(sequences, weighted('values'))).loss).toBeCloseTo(recorded.valueLoss, 4);
      requireSameGradient(
        'policy',
        await accumulatedGradient(backend, policy),
        tensors(recorded.policyGradient),
        gradientTolerance,
      );
      requireSameGradient(
        'critic',
        await accumulatedGradient(backend, critic!),
        tensors(recorded.valueGradient),
        gradientTolerance,
      );
      await dispose();
    },
  );

  it.each(['tied', 'untied'] as const)('greedy tokens: %s head', async (name) => {
    const { greedy, ...recorded } = cases[name];
    const { policy, sampler, dispose } = await createEngine(
      backend,
      { programs },
      { base: baseOf({ greedy, ...recorded }) },
    );
    await sampler.sync(policy);
    const settings = {
      temperature: 0,
      topP: 1,
      topK: 0,
      maxResponseTokens: greedy.tokens.length,
      stop: [],
      stopTokens: [],
    };
    const [completion] = await sampler.sample([
      { promptTokens: Int32Array.from(greedy.prompt), count: 1, key: [0], settings },
    ]);
    expect([...completion!.tokens]).toEqual(greedy.tokens);
    await dispose();
  });
});
