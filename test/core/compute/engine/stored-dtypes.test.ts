import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ratioLoss } from '../../../../core/conformance/engine/example-training.js';
import { allWeights, copyTensors } from '../../../../core/conformance/engine/gradient.js';
import { collectTensors, exampleBase } from '../../../../core/conformance/example-model.js';
import type { Backend } from '../../../../core/contracts/backend.js';
import type { Model } from '../../../../core/contracts/model.js';
import { decoderParameters, countParameters } from '../../../../core/compute/nn/parameters.js';
import { nearestBf16, widenBf16 } from '../../../../core/compute/tensor/bf16.js';
import { tensorsOf } from '../../../../core/model-files/model-tensors.js';
import { createAdamW } from '../../../../plugins/optimizer-adamw/plugin.js';
import { createValueLoss } from '../../../../plugins/loss-value/plugin.js';
import { maxDifference } from '../../../fixtures/algorithm-oracle.js';
import { lora, trainedTensors, training } from './lora-support.js';
import {
  accumulatedGradient,
  createEngine,
  onnxTolerance,
  startOnnx,
  startReference,
  type Settings,
} from './support.js';

const both = { weights: 'bf16', moments: 'bf16' } as const;
const request = { optimizer: createAdamW(), critic: true, reference: true, dtypes: both };
const options = { learningRate: 0.02, maxGradNorm: 1 };
const lossOf = { policy: ratioLoss, critic: createValueLoss() };
const parameters = countParameters(decoderParameters(exampleBase().config, 'language'));

async function learn(model: Model, steps = 1): Promise<void> {
  for (let i = 0; i < steps; i++) {
    await model.accumulate(training(), lossOf[model.role as 'policy' | 'critic']);
    await model.step(options);
  }
}

function nearest(x: Float32Array): Float32Array {
  const stored = new Uint16Array(x.length),
    result = new Float32Array(x.length);
  nearestBf16(x, stored);
  widenBf16(stored, result);
  return result;
}

/** One step of bf16, for numbers of this size. */
const stepOfBf16 = (x: number): number => 2 ** (Math.floor(Math.log2(Math.abs(x) || 2 ** -126)) - 7);

describe.each([
  ['the reference backend', startReference, {}],
  ['ONNX on the CPU', startOnnx, {}],
  ['ONNX on the CPU, block by block', startOnnx, { programs: 'blocks' }],
] as const)('numbers stored in bf16 on %s', (_, start: () => Promise<Backend>, settings: Settings) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await start();
  });
  afterAll(() => backend.dispose());
  const create = (changes: object = {}) => createEngine(backend, settings, { ...request, ...changes });

  it('are the nearest to the base, in half the bytes; gradients are those of these numbers in f32', async () => {
    const { bytes } = backend.memory();
    const engine = await create({ critic: false, reference: false });
    // Of a tensor with an odd number of elements the last word may be padded.
    expect(backend.memory().bytes - bytes).toBeGreaterThanOrEqual(2 * parameters);
    expect(backend.memory().bytes - bytes).toBeLessThan(2 * parameters + 200);
    const exact = await create({ dtypes: undefined });
    const rounded = (await allWeights(exact.policy)).map((t) => ({ ...t, data: nearest(t.data) }));
    expect(await allWeights(engine.policy)).toEqual(rounded);
    await tensorsOf(exact.policy).importWeights(rounded);
    for (const { policy } of [engine, exact]) await policy.accumulate(training(), ratioLoss);
    const [own, expected] = [
      await accumulatedGradient(backend, engine.policy),
      await accumulatedGradient(backend, exact.policy),
    ];
    for (const [name, gradient] of expected)
      expect(maxDifference(own.get(name)!, gradient), name).toBeLessThan(onnxTolerance);
    for (const e of [engine, exact]) await e.dispose();
  });

  it('are rounded after a step to a neighbour of what f32 gives, whose rounding is right on average', async () => {
    const [engine, exact] = [await create(), await create({ dtypes: undefined })];
    for (const role of ['policy', 'critic'] as const) {
      await tensorsOf(exact[role]!).importWeights(await allWeights(engine[role]!));
      for (const e of [engine, exact]) await learn(e[role]!);
      for (const read of ['exportWeights', 'exportOptimizer'] as const) {
        const own = await collectTensors(tensorsOf(engine[role]!)[read]());
        let [errors, square, count] = [0, 0, 0];
        for (const [name, values] of await collectTensors(tensorsOf(exact[role]!)[read]())) {
          const stored = own.get(name)!;
          expect(nearest(stored), name).toEqual(stored);
          for (const [i, x] of values.entries()) {
            const error = (stored[i]! - x) / stepOfBf16(x);
            expect(Math.abs(error), `${name} ${i}`).toBeLessThanOrEqual(1.001);
            [errors, square, count] = [errors + error, square + error ** 2, count + 1];
          }
        }
        // Five standard deviations of a mean of independent errors.
        expect(Math.abs(errors / count)).toBeLessThan((5 * Math.sqrt(square)) / count);
      }
    }
    for (const e of [engine, exact]) await e.dispose();
  });

  it('go on from an exported state to the bit, and say in which dtype each tensor is stored', async () => {
    const [engine, again] = [await create(), await create()];
    for (const role of ['policy', 'critic'] as const) {
      const [model, other] = [engine[role]!, again[role]!];
      await learn(model, 2);
      await tensorsOf(other).importWeights(await allWeights(model), 17);
      await tensorsOf(other).importOptimizer(await copyTensors(tensorsOf(model).exportOptimizer()), 17);
      for (const m of [model, other]) await learn(m);
      expect(await allWeights(other)).toEqual(await allWeights(model));
      expect(await copyTensors(tensorsOf(other).exportOptimizer())).toEqual(
        await copyTensors(tensorsOf(model).exportOptimizer()),
      );
      const { weightShapes, optimizerShapes } = tensorsOf(model);
      expect(new Set(weightShapes.map(({ dtype }) => dtype))).toEqual(new Set(['bf16']));
      expect(optimizerShapes.filter(({ dtype }) => dtype === 'f32').map(({ name }) => name)).toEqual(['step']);
    }
    for (const e of [engine, again]) await e.dispose();
  });

  it('are other ones with another seed of the run, and those of f32 moments alone have exact weights', async () => {
    const weightsAfter = async (changes: object): Promise<unknown> => {
      const engine = await create({ critic: false, reference: false, ...changes });
      await learn(engine.policy);
      const weights = await allWeights(engine.policy);
      await engine.dispose();
      return weights;
    };
    const { createRandom } = await import('../../../../core/random.js');
    expect(await weightsAfter({ random: createRandom(1) })).toEqual(await weightsAfter({ random: createRandom(1) }));
    expect(await weightsAfter({ random: createRandom(1) })).not.toEqual(
      await weightsAfter({ random: createRandom(2) }),
    );
    // The first step does not read moments.
    expect(await weightsAfter({ dtypes: { weights: 'f32', moments: 'bf16' } })).toEqual(
      await weightsAfter({ dtypes: undefined }),
    );
  });

  it('of a base below adapters: these and merged weights are f32, and go on to the bit', async () => {
    const [engine, again] = [await create({ lora }), await create({ lora })];
    for (const role of ['policy', 'critic'] as const) {
      const [model, other] = [engine[role]!, again[role]!];
      const before = new Map((await allWeights(model)).map(({ name, data }) => [name, data]));
      for (const [name, data] of before) if (name !== 'value_head.weight') expect(nearest(data), name).toEqual(data);
      await learn(model, 2);
      const after = await allWeights(model);
      expect(after.some(({ data }) => nearest(data).some((x, i) => x !== data[i]))).toBe(true);
      for (const [name, data] of await trainedTensors(model)) expect(data.length, name).toBeGreaterThan(0);
      await tensorsOf(other).importOptimizer(await copyTensors(tensorsOf(model).exportOptimizer()), 17);
      for (const m of [model, other]) await learn(m);
      expect(await allWeights(other)).toEqual(await allWeights(model));
    }
    for (const e of [engine, again]) await e.dispose();
  });
});
