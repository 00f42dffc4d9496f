import { tensorsOf } from '../../../core/model-files/model-tensors.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { exampleBase } from '../../../core/conformance/example-model.js';
import type { Backend } from '../../../core/contracts/backend.js';
import type { Loss } from '../../../core/contracts/loss.js';
import type { TrainingSequence } from '../../../core/contracts/model.js';
import { loadModelFolder } from '../../../core/model-files/model-folder.js';
import { mul, sum } from '../../../core/compute/tensor/ops.js';
import { maxDifference } from '../../fixtures/algorithm-oracle.js';
import {
  fixtureFolder,
  policies,
  readRecorded,
  readRecordedTensors,
  type Recorded,
} from '../../fixtures/checkpoints/fixtures.js';
import { accumulatedGradient, createEngine } from '../compute/engine/support.js';

/** What float32 arithmetic in another order costs; transformers ran in float32 too. */
const tolerance = 2e-5;
const gradientTolerance = 1e-4;

const weighted = (field: 'logprobs' | 'values'): Loss => ({
  name: `weighted ${field}`,
  settings: {},
  build: (_g, t) => ({ loss: sum(mul(t.weights, t[field])) }),
});

/** Weights that make the sum over tokens a mean. */
function averaged({ sequences }: Recorded): TrainingSequence[] {
  const total = sequences.reduce((n, s) => n + s.tokens.length - s.promptLength, 0);
  return sequences.map(({ tokens, promptLength }) => ({
    tokens: Int32Array.from(tokens),
    promptLength,
    weights: new Float32Array(tokens.length - promptLength).fill(1 / total),
    inputs: {},
  }));
}

/** Largest distance of any gradient from the recorded one, relative to the norm of that tensor. */
function worstGradient(
  actual: ReadonlyMap<string, Float32Array>,
  recorded: ReadonlyMap<string, Float32Array>,
): { name: string; error: number } {
  const norm = (data: Float32Array): number => Math.hypot(...data);
  // A key bias shifts all scores of a query alike but for its rotation, so its gradient is what is left of terms that
  // cancel: its error is measured on the scale of the gradient of its weight.
  const scale = (name: string): number =>
    Math.max(norm(recorded.get(name)!), 0.01 * norm(recorded.get(name.replace('bias', 'weight'))!));
  return [...recorded.keys()]
    .map((name) => ({ name, error: norm(actual.get(name)!.map((x, i) => x - recorded.get(name)![i]!)) / scale(name) }))
    .reduce((a, b) => (b.error > a.error ? b : a));
}

const gradientsIn = (tensors: ReadonlyMap<string, Float32Array>): Map<string, Float32Array> =>
  new Map(
    [...tensors]
      .filter(([name]) => name.startsWith('gradient/'))
      .map(([name, data]) => [name.slice('gradient/'.length).replace('score.weight', 'value_head.weight'), data]),
  );

/** Tests that recorded checkpoints give on a backend what `transformers` computed. */
export function checkpointParity(start: () => Promise<Backend>, programs: 'fused' | 'blocks'): void {
  let backend: Backend;
  beforeAll(async () => {
    backend = await start();
  });
  afterAll(() => backend.dispose());

  it.each(policies)('log-probabilities and the gradient of every parameter of %s', async (name) => {
    const folder = fixtureFolder(name),
      recorded = readRecorded(name);
    const { policy, dispose } = await createEngine(backend, { programs }, { base: await loadModelFolder(folder) });
    const sequences = averaged(recorded),
      scores = await policy.forward(sequences);
    recorded.sequences.forEach((s, i) =>
      expect(maxDifference(scores[i]!.logprobs!, s.logprobs)).toBeLessThan(tolerance),
    );
    expect((await policy.accumulate(sequences, weighted('logprobs'))).loss).toBeCloseTo(recorded.meanLogprob, 4);
    const worst = worstGradient(
      await accumulatedGradient(backend, policy),
      gradientsIn(await readRecordedTensors(folder)),
    );
    expect(worst.error, worst.name).toBeLessThan(gradientTolerance);
    await dispose();
  });

  it.each(policies)('the greedy continuation of %s', async (name) => {
    const { greedy } = readRecorded(name),
      base = await loadModelFolder(fixtureFolder(name)),
      { tokenizer } = base;
    const { policy, sampler, dispose } = await createEngine(backend, { programs }, { base });
    await sampler.sync(policy);
    const prompt = [
      ...(tokenizer.bosToken === undefined ? [] : [tokenizer.bosToken]),
      ...tokenizer.encode('The sum is '),
    ];
    expect(prompt).toEqual(greedy.prompt);
    const settings = {
      temperature: 0,
      topP: 1,
      topK: 0,
      maxResponseTokens: 48,
      stop: [],
      stopTokens: tokenizer.endTokens,
    };
    const [completion] = await sampler.sample([
      { promptTokens: Int32Array.from(prompt), count: 1, key: [0], settings },
    ]);
    expect(Array.from(completion!.tokens)).toEqual(greedy.tokens);
    expect(tokenizer.decode(completion!.tokens)).toBe(greedy.text);
    await dispose();
  });

  it('values and their gradients of a critic', async () => {
    const folder = fixtureFolder('qwen3-critic'),
      recorded = readRecorded('qwen3-critic'),
      base = await loadModelFolder(folder, 'value');
    const { critic, dispose } = await createEngine(
      backend,
      { programs },
      { critic: true, base: { ...exampleBase(base.config), tokenizer: base.tokenizer } },
    );
    await tensorsOf(critic!).importWeights(base.weights());
    const sequences = averaged(recorded),
      values = await critic!.forward(sequences);
    recorded.sequences.forEach((s, i) => expect(maxDifference(values[i]!.values!, s.values)).toBeLessThan(tolerance));
    await critic!.accumulate(sequences, weighted('values'));
    const worst = worstGradient(
      await accumulatedGradient(backend, critic!),
      gradientsIn(await readRecordedTensors(folder)),
    );
    expect(worst.error, worst.name).toBeLessThan(gradientTolerance);
    await dispose();
  });
}
