import { tensorsOf as tensorsOfModel } from '../../../../core/model-files/model-tensors.js';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { exampleBase } from '../../../../core/conformance/example-model.js';
import type { Loss } from '../../../../core/contracts/loss.js';
import type { NamedTensor } from '../../../../core/contracts/model.js';
import type { LoraTarget } from '../../../../core/compute/nn/lora.js';
import { mul, neg, sum } from '../../../../core/compute/tensor/ops.js';
import { fromHuggingFaceConfig } from '../../../../core/model-files/hugging-face-config.js';
import { createAdamW } from '../../../../plugins/optimizer-adamw/plugin.js';
import { maxDifference } from '../../../fixtures/algorithm-oracle.js';
import { trainedTensors } from './lora-support.js';
import { createEngine, startOnnx, startReference } from './support.js';

interface Recorded {
  readonly shape: number[];
  readonly data: number[];
}

/** Numbers of test/fixtures/decoder/lora-oracle.py, which says how they were made; names are those of PEFT. */
interface LoraOracle {
  readonly rank: number;
  readonly alpha: number;
  readonly targets: LoraTarget[];
  readonly maxGradNorm: number;
  readonly learningRate: number;
  readonly adamw: { beta1: number; beta2: number; epsilon: number; weightDecay: number };
  readonly start: Record<string, Recorded>;
  readonly norms: number[];
  readonly losses: number[];
  readonly end: Record<string, Recorded>;
  readonly logprobs: number[][];
  readonly merged: Record<string, number[]>;
}

interface DecoderCase {
  readonly config: Record<string, unknown>;
  readonly weights: Record<string, Recorded>;
  readonly sequences: readonly { promptLength: number; tokens: number[]; weights: number[] }[];
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/decoder/${name}`, import.meta.url), 'utf8'));
const oracle = read('lora-oracle.json') as LoraOracle;
const { untied } = (read('decoder-oracle.json') as { cases: { untied: DecoderCase } }).cases;
const prefix = 'base_model.model.';
/** Both sides compute norms and the softmax of attention in float32; norms and losses are about 50. */
const tolerance = 5e-6;

const loss: Loss = {
  name: 'weighted log-probabilities',
  settings: {},
  build: (_, t) => ({ loss: neg(sum(mul(t.weights, t.logprobs))) }),
};

const tensorsOf = (recorded: Record<string, Recorded>): NamedTensor[] =>
  Object.entries(recorded).map(([name, { shape, data }]) => ({ name, shape, data: Float32Array.from(data) }));

async function recordedEngine(start: typeof startReference) {
  const backend = await start();
  const facts = { model_type: 'qwen2', hidden_act: 'silu', rope_theta: 10_000, ...untied.config };
  const { config } = fromHuggingFaceConfig(facts, 'decoder-oracle.json');
  const tokenizer = { ...exampleBase().tokenizer, vocabSize: config.vocabSize, decode: () => '' };
  const { rank, alpha, targets, adamw } = oracle;
  const engine = await createEngine(
    backend,
    {},
    {
      base: { config, tokenizer, weights: () => tensorsOf(untied.weights) },
      optimizer: createAdamW(adamw),
      lora: { rank, alpha, targets },
    },
  );
  return { backend, engine };
}

it.each([
  ['the reference backend', startReference],
  ['ONNX on the CPU', startOnnx],
] as const)('adapters on %s are those of PEFT and PyTorch after steps of AdamW', async (_, start) => {
  const { backend, engine } = await recordedEngine(start);
  const { policy } = engine;
  const given = new Map(tensorsOf(oracle.start).map((t) => [t.name.replace(prefix, 'parameter/'), t]));
  const state: NamedTensor[] = [];
  for await (const t of tensorsOfModel(policy).exportOptimizer())
    state.push({ ...t, data: (given.get(t.name) ?? t).data.slice() });
  await tensorsOfModel(policy).importOptimizer(state);
  const sequences = untied.sequences.map((s) => ({
    tokens: Int32Array.from(s.tokens),
    promptLength: s.promptLength,
    weights: Float32Array.from(s.weights),
    inputs: {},
  }));

  const norms: number[] = [];
  const losses: number[] = [];
  for (let i = 0; i < oracle.norms.length; i++) {
    losses.push((await policy.accumulate(sequences, loss)).loss);
    norms.push((await policy.step(oracle)).gradNorm);
  }
  expect(maxDifference(norms, oracle.norms)).toBeLessThan(40 * tolerance);
  expect(maxDifference(losses, oracle.losses)).toBeLessThan(40 * tolerance);

  const trained = await trainedTensors(policy);
  expect([...trained.keys()].map((name) => prefix + name).sort()).toEqual(Object.keys(oracle.end).sort());
  for (const [name, { data }] of Object.entries(oracle.end))
    expect(maxDifference(trained.get(name.replace(prefix, ''))!, data), name).toBeLessThan(tolerance);
  for await (const { name, data } of tensorsOfModel(policy).exportWeights()) {
    const expected = oracle.merged[name];
    if (expected) expect(maxDifference(data, expected), name).toBeLessThan(tolerance);
  }
  const scores = await policy.forward(sequences);
  for (const [i, expected] of oracle.logprobs.entries())
    expect(maxDifference(scores[i]!.logprobs!, expected)).toBeLessThan(5 * tolerance);
  await engine.dispose();
  await backend.dispose();
});
