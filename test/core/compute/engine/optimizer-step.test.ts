import { tensorsOf } from '../../../../core/model-files/model-tensors.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ratioLoss } from '../../../../core/conformance/engine/example-training.js';
import { allWeights, gradientOf } from '../../../../core/conformance/engine/gradient.js';
import {
  collectTensors,
  exampleLengths,
  exampleSequences,
  exampleTraining,
} from '../../../../core/conformance/example-model.js';
import type { Backend } from '../../../../core/contracts/backend.js';
import type { Engine } from '../../../../core/contracts/engine.js';
import type { Loss } from '../../../../core/contracts/loss.js';
import type { LocalModel } from '../../../../core/compute/engine/local-model.js';
import { div, mul, sum } from '../../../../core/compute/tensor/ops.js';
import { createAdamW } from '../../../../plugins/optimizer-adamw/plugin.js';
import { float32Tolerance, maxDifference, oracle } from '../../../fixtures/algorithm-oracle.js';
import { createEngine, startOnnx, startReference } from './support.js';

const [norm, bias] = ['model.norm.weight', 'model.layers.1.self_attn.q_proj.bias'];
const training = () => exampleTraining(exampleSequences(exampleLengths));

describe.each([
  ['the reference backend', startReference],
  ['ONNX on the CPU', startOnnx],
] as const)('a step of the optimizer on %s', (_, start) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await start();
  });
  afterAll(() => backend.dispose());

  /** Puts numbers at the start of a gradient; the rest of it and all other gradients are zero. */
  const setGradient = ({ policy }: Engine, name: string, numbers: readonly number[]): void =>
    backend.write((policy as LocalModel).parameters.gradient(name), Float32Array.from(numbers));

  it('scales the gradient down to the limit by the norm of all parameters and leaves a smaller one alone', async () => {
    // Worked by hand: (3, 0, …) in one tensor and (0, −4, …) in another have the norm 5.
    const cases = [
      [Infinity, 1],
      [10, 1],
      [5, 1],
      [2.5, 0.5],
      [1, 0.2],
    ] as const;
    for (const [limit, scale] of cases) {
      const engine = await createEngine(backend);
      setGradient(engine, norm, [3]);
      setGradient(engine, bias, [0, -4]);
      const { gradNorm } = await engine.policy.step({ learningRate: 1, maxGradNorm: limit });
      expect(gradNorm).toBeCloseTo(5, 6);
      // The engine's example optimizer puts the scaled gradient in place of the parameter.
      const applied = await collectTensors(tensorsOf(engine.policy).exportWeights());
      expect(
        maxDifference(
          [...applied.get(norm)!.slice(0, 2), ...applied.get(bias)!.slice(0, 2)],
          [3 * scale, 0, 0, -4 * scale],
        ),
      ).toBeLessThan(1e-5);
      expect(
        [...applied]
          .filter(([, data]) => data.some((x) => x !== 0))
          .map(([name]) => name)
          .sort(),
      ).toEqual([bias, norm].sort());
      await engine.dispose();
    }
  });

  it('is the AdamW of PyTorch, step by step, moments and step count included', async () => {
    for (const { start: parameter, learningRate, settings, steps } of oracle.adamw) {
      const engine = await createEngine(backend, {}, { optimizer: createAdamW(settings) });
      const n = parameter.length;
      backend.write((engine.policy as LocalModel).parameters.value(norm), Float32Array.from(parameter));
      for (const { gradient, parameter: expected, m, v } of steps) {
        setGradient(engine, norm, gradient);
        await engine.policy.step({ learningRate, maxGradNorm: Infinity });
        const weights = await collectTensors(tensorsOf(engine.policy).exportWeights()),
          state = await collectTensors(tensorsOf(engine.policy).exportOptimizer());
        expect(maxDifference(weights.get(norm)!.slice(0, n), expected)).toBeLessThan(float32Tolerance);
        expect(maxDifference(state.get(`m/${norm}`)!.slice(0, n), m)).toBeLessThan(float32Tolerance);
        expect(maxDifference(state.get(`v/${norm}`)!.slice(0, n), v)).toBeLessThan(float32Tolerance);
      }
      expect([...(await collectTensors(tensorsOf(engine.policy).exportOptimizer())).get('step')!]).toEqual([
        steps.length,
      ]);
      await engine.dispose();
    }
  });

  it('with AdamW goes on from exported weights and moments to the bit', async () => {
    const [engine, again] = [
      await createEngine(backend, {}, { optimizer: createAdamW() }),
      await createEngine(backend, {}, { optimizer: createAdamW() }),
    ];
    const learn = async ({ policy }: Engine): Promise<void> => {
      await policy.accumulate(training(), ratioLoss);
      await policy.step({ learningRate: 0.01, maxGradNorm: 1 });
    };
    await learn(engine);
    await tensorsOf(again.policy).importWeights(await allWeights(engine.policy));
    await tensorsOf(again.policy).importOptimizer(tensorsOf(engine.policy).exportOptimizer());
    await learn(engine);
    await learn(again);
    expect(await allWeights(again.policy)).toEqual(await allWeights(engine.policy));
    expect(await collectTensors(tensorsOf(again.policy).exportOptimizer())).toEqual(
      await collectTensors(tensorsOf(engine.policy).exportOptimizer()),
    );
    for (const e of [engine, again]) await e.dispose();
  });

  describe('with numbers that are not finite', () => {
    /** Requires this error, and that weights, version and optimizer are as before. */
    async function expectRefusal(engine: Engine, message: string, act: () => Promise<unknown>): Promise<void> {
      const before = [
        await allWeights(engine.policy),
        engine.policy.version,
        await collectTensors(tensorsOf(engine.policy).exportOptimizer()),
      ];
      await expect(act()).rejects.toMatchObject({ code: 'ORZ_NOT_FINITE', message: expect.stringContaining(message) });
      expect([
        await allWeights(engine.policy),
        engine.policy.version,
        await collectTensors(tensorsOf(engine.policy).exportOptimizer()),
      ]).toEqual(before);
    }

    it.each([
      ['NaN', Number.NaN],
      ['infinity', -Infinity],
      ['numbers whose squares overflow', 1e30],
    ])('refuses a gradient of %s, naming the tensor, before any parameter changes', async (_name, bad) => {
      const engine = await createEngine(backend, {}, { optimizer: createAdamW() });
      await engine.policy.accumulate(training(), ratioLoss);
      setGradient(engine, bias, [0.1, bad]);
      await expectRefusal(engine, bias, () => engine.policy.step({ learningRate: 1, maxGradNorm: 1 }));
      await engine.dispose();
    });

    it('refuses a loss that is not finite, naming the loss and the sequences', async () => {
      const infinite: Loss = {
        name: 'one over zero',
        settings: {},
        build: (g, t) => ({ loss: sum(mul(t.weights, div(t.logprobs, g.scalar(0)))) }),
      };
      const engine = await createEngine(backend, {}, { optimizer: createAdamW() });
      await expectRefusal(engine, '"one over zero"', () => engine.policy.accumulate(training(), infinite));
      await engine.dispose();
    });

    it('refuses inputs and weights of a loss, naming tensor, token and sequence', async () => {
      const engine = await createEngine(backend, {}, { optimizer: createAdamW() });
      const bad = training();
      bad[3]!.inputs.oldLogprobs[7] = Infinity;
      await expectRefusal(engine, '"oldLogprobs" of the policy is Infinity at response token 7 of sequence 3', () =>
        engine.policy.accumulate(bad, ratioLoss),
      );
      const worse = training();
      worse[1]!.weights[2] = Number.NaN;
      await expectRefusal(engine, '"weights" of the policy is NaN at response token 2 of sequence 1', () =>
        engine.policy.accumulate(worse, ratioLoss),
      );
      await engine.dispose();
    });

    it('refuses scores of damaged weights, naming tensor, token and sequence', async () => {
      const engine = await createEngine(backend, {}, { critic: true });
      for (const [model, name] of [
        [engine.policy, 'logprobs'],
        [engine.critic!, 'values'],
      ] as const) {
        backend.write((model as LocalModel).parameters.value(norm), Float32Array.of(Number.NaN), 3);
        await expect(model.forward(training())).rejects.toMatchObject({
          code: 'ORZ_NOT_FINITE',
          message: expect.stringMatching(
            new RegExp(`^"${name}" of the ${model.role} is NaN at response token 0 of sequence \\d`),
          ),
        });
      }
      await engine.dispose();
    });
  });

  it('is refused before any gradient was accumulated, and after one that it used up', async () => {
    const engine = await createEngine(backend);
    const step = (): Promise<unknown> => engine.policy.step({ learningRate: 1, maxGradNorm: 1 });
    await expect(step()).rejects.toMatchObject({ code: 'ORZ_INTERNAL' });
    await gradientOf(engine.policy, ratioLoss, [training()]);
    await expect(step()).rejects.toMatchObject({ code: 'ORZ_INTERNAL' });
    await engine.dispose();
  });
});
