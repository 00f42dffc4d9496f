import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleBase } from '../../../../core/conformance/example-model.js';
import { mul, sum } from '../../../../core/compute/tensor/ops.js';
import type { Backend } from '../../../../core/contracts/backend.js';
import type { Loss } from '../../../../core/contracts/loss.js';
import type { TrainingSequence } from '../../../../core/contracts/model.js';
import type { Segment } from '../../../../core/contracts/data.js';
import { createEntropyBonus } from '../../../../plugins/entropy/plugin.js';
import { createGspo } from '../../../../plugins/loss-gspo/plugin.js';
import { createPpoClip } from '../../../../plugins/loss-ppo/plugin.js';
import { createValueLoss } from '../../../../plugins/loss-value/plugin.js';
import { accumulatedGradient, createEngine, startReference } from './support.js';

/** Prompt 1 2, policy 3 4, environment 5 6 7, policy 8 9. */
const tokens = Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
const segments: readonly Segment[] = [
  { source: 'policy', length: 2 },
  { source: 'environment', length: 3 },
  { source: 'policy', length: 2 },
];
const weights = Float32Array.of(0.25, 0.25, 0.25, 0.25);
const inputs = {
  oldLogprobs: Float32Array.of(-2, -3, -2, -3),
  advantages: Float32Array.of(1, 1, -1, -1),
  returns: Float32Array.of(1, 1, 1, 1),
  oldValues: new Float32Array(4),
};
const response: TrainingSequence = { tokens, promptLength: 2, segments, weights, inputs };
const masked: TrainingSequence = { ...response, weights: new Float32Array(4) };

const { loss: entropyLoss, ...bonus } = createEntropyBonus();
const entropyBonus: Loss = { ...bonus, build: (g, t) => entropyLoss!(g, t) };
const logprobs: Loss = {
  name: 'log-probabilities',
  settings: {},
  build: (_, t) => ({ loss: sum(mul(t.weights, t.logprobs)) }),
};

let backend: Backend;
beforeAll(async () => {
  backend = await startReference();
});
afterAll(() => backend.dispose());

/** The gradient of policy or critic, all parameters in one. */
async function gradientOf(
  loss: Loss,
  sequences: readonly TrainingSequence[],
  role: 'policy' | 'critic' = 'policy',
): Promise<Map<string, Float32Array>> {
  const engine = await createEngine(
    backend,
    { microBatchTokens: 64, rowTokens: 32 },
    { base: exampleBase(), critic: true },
  );
  const model = role === 'policy' ? engine.policy : engine.critic!;
  await model.accumulate(sequences, loss);
  const gradient = await accumulatedGradient(backend, model);
  await engine.dispose();
  return gradient;
}

const isZero = (gradient: Map<string, Float32Array>): boolean =>
  [...gradient.values()].every((values) => values.every((x) => x === 0));

describe('tokens that an environment wrote', () => {
  it.each(['policy', 'critic'] as const)('have no gradient at all: %s', async (role) => {
    const loss = role === 'policy' ? createPpoClip() : createValueLoss();
    // All that is weighed is what the policy wrote before the environment, so nothing after it can matter.
    const before = { ...response, weights: Float32Array.of(0.25, 0.25, 0, 0) };
    const cut: TrainingSequence = {
      tokens: tokens.subarray(0, 4),
      promptLength: 2,
      weights: before.weights.subarray(0, 2),
      inputs: Object.fromEntries(Object.entries(inputs).map(([name, row]) => [name, row.subarray(0, 2)])),
    };
    const [whole, part] = [await gradientOf(loss, [before], role), await gradientOf(loss, [cut], role)];
    expect(isZero(part)).toBe(false);
    for (const [name, values] of part) expect([name, whole.get(name)]).toEqual([name, values]);
  });

  it('are never predicted: a loss of every weighed token sums four log-probabilities', async () => {
    const engine = await createEngine(backend, {}, { base: exampleBase() });
    const [scores] = await engine.policy.forward([response]);
    const { loss } = await engine.policy.accumulate([response], logprobs);
    await engine.dispose();
    expect(scores!.logprobs).toHaveLength(4);
    expect(loss).toBeCloseTo([...scores!.logprobs!].reduce((a, b) => a + b, 0) / 4, 6);
  });

  it('are read: what they are changes the gradient of what follows', async () => {
    const other = { ...response, tokens: tokens.with(4, 11) };
    expect(await gradientOf(logprobs, [other])).not.toEqual(await gradientOf(logprobs, [response]));
  });
});

describe('a response that is left out', () => {
  it.each([createPpoClip(), createGspo(), entropyBonus])('has exactly zero gradient: $name', async (loss) => {
    expect(isZero(await gradientOf(loss, [masked]))).toBe(true);
    expect(isZero(await gradientOf(loss, [response]))).toBe(false);
  });

  it('has exactly zero gradient in the critic', async () => {
    expect(isZero(await gradientOf(createValueLoss(), [masked], 'critic'))).toBe(true);
  });

  it('changes nothing for the others', async () => {
    const others = { ...response, tokens: tokens.with(0, 3) };
    expect(await gradientOf(createGspo(), [others, masked])).toEqual(await gradientOf(createGspo(), [others]));
  });
});
