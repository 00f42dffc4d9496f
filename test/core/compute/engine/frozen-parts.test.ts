import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ratioLoss } from '../../../../core/conformance/engine/example-training.js';
import {
  collectTensors,
  untiedDecoder,
  exampleBase,
  exampleDecoder,
} from '../../../../core/conformance/example-model.js';
import type { Backend } from '../../../../core/contracts/backend.js';
import type { LocalModel } from '../../../../core/compute/engine/local-model.js';
import type { FrozenParts } from '../../../../core/compute/nn/parameter-choices.js';
import { tensorsOf } from '../../../../core/model-files/model-tensors.js';
import { createAdamW } from '../../../../plugins/optimizer-adamw/plugin.js';
import { maxDifference } from '../../../fixtures/algorithm-oracle.js';
import { training } from './lora-support.js';
import { createEngine, onnxTolerance, startOnnx, startReference, type Settings } from './support.js';

const options = { learningRate: 0.02, maxGradNorm: Infinity };

const isFrozen = (name: string, { embedding, blocks }: FrozenParts): boolean =>
  (embedding && name === 'model.embed_tokens.weight') || Number(/layers\.(\d+)\./.exec(name)?.[1] ?? blocks) < blocks;

describe.each([
  ['the reference backend', startReference, {}],
  ['ONNX on the CPU', startOnnx, {}],
  ['ONNX on the CPU, block by block', startOnnx, { programs: 'blocks' }],
] as const)('frozen parts on %s', (_, start: () => Promise<Backend>, settings: Settings) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await start();
  });
  afterAll(() => backend.dispose());

  it.each([
    [{ embedding: true, blocks: 0 }, exampleDecoder],
    [{ embedding: false, blocks: 1 }, exampleDecoder],
    [{ embedding: true, blocks: 1 }, exampleDecoder],
    [{ embedding: true, blocks: 2 }, exampleDecoder],
    [{ embedding: true, blocks: 1 }, untiedDecoder],
  ])('stay as they are, and the rest gets the gradient that it has without: %j', async (frozen, config) => {
    const { buffers } = backend.memory();
    const request = { base: exampleBase(config), optimizer: createAdamW() };
    const [engine, whole] = [
      await createEngine(backend, settings, { ...request, frozen }),
      await createEngine(backend, settings, request),
    ];
    for (const { policy } of [engine, whole]) await policy.accumulate(training(), ratioLoss);
    const [own, all] = [engine.policy, whole.policy].map((model) => (model as LocalModel).parameters);
    for (const { name, trainable } of own!.specs) {
      expect(trainable, name).toBe(!isFrozen(name, frozen));
      if (!trainable)
        expect(() => own!.gradient(name), name).toThrow(expect.objectContaining({ code: 'ORZ_INTERNAL' }));
      else {
        const [gradient, expected] = await Promise.all([own!, all!].map((p) => backend.read(p.gradient(name))));
        expect(maxDifference(gradient!, expected!), name).toBeLessThan(onnxTolerance);
      }
    }
    const before = await collectTensors(tensorsOf(engine.policy).exportWeights());
    await engine.policy.step(options);
    for (const [name, data] of await collectTensors(tensorsOf(engine.policy).exportWeights()))
      expect(maxDifference(data, before.get(name)!) === 0, name).toBe(isFrozen(name, frozen));
    expect(tensorsOf(engine.policy).optimizerShapes.map(({ name }) => name)).toEqual([
      ...['m', 'v'].flatMap((kind) => own!.trained.map(({ name }) => `${kind}/${name}`)),
      'step',
    ]);
    for (const e of [engine, whole]) await e.dispose();
    expect(backend.memory().buffers).toBe(buffers);
  });

  it('take no memory for gradients and moments', async () => {
    const bytesOfTraining = async (frozen?: FrozenParts): Promise<number> => {
      const engine = await createEngine(backend, settings, { optimizer: createAdamW(), frozen });
      const { bytes } = backend.memory();
      await engine.policy.accumulate(training(), ratioLoss);
      await engine.policy.step(options);
      await engine.policy.accumulate(training(), ratioLoss);
      const added = backend.memory().bytes - bytes;
      await engine.dispose();
      return added;
    };
    const frozen = { embedding: true, blocks: 1 };
    const { specs } = ((await createEngine(backend, settings)).policy as LocalModel).parameters;
    const trained = specs.filter(({ name }) => !isFrozen(name, frozen));
    const count = (of: typeof specs): number => of.reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0);
    expect(await bytesOfTraining()).toBe(3 * 4 * count(specs));
    expect(await bytesOfTraining(frozen)).toBe(3 * 4 * count(trained));
  });
});
