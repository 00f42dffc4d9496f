import { tensorsOf } from '../../../../core/model-files/model-tensors.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ratioLoss } from '../../../../core/conformance/engine/example-training.js';
import { allWeights, copyTensors } from '../../../../core/conformance/engine/gradient.js';
import { collectTensors, exampleBase } from '../../../../core/conformance/example-model.js';
import { exampleRequest } from '../../../../core/conformance/engine/harness.js';
import type { Backend } from '../../../../core/contracts/backend.js';
import type { Model, NamedTensor } from '../../../../core/contracts/model.js';
import { LocalModels, localEngineSettings } from '../../../../core/compute/engine/local-engine.js';
import { adaptersOf } from '../../../../core/compute/nn/lora.js';
import { decoderParameters } from '../../../../core/compute/nn/parameters.js';
import { createAdamW } from '../../../../plugins/optimizer-adamw/plugin.js';
import { createValueLoss } from '../../../../plugins/loss-value/plugin.js';
import { float32Tolerance, maxDifference } from '../../../fixtures/algorithm-oracle.js';
import { lora, mergedByHand, trainedTensors, training } from './lora-support.js';
import { createEngine, smallBatches, startOnnx, startReference, type Settings } from './support.js';

const request = { optimizer: createAdamW(), critic: true, reference: true, lora };
const options = { learningRate: 0.02, maxGradNorm: 1 };
const lossOf = { policy: ratioLoss, critic: createValueLoss() };

const exampleWeights = (seed: number): NamedTensor[] => [...(exampleBase(undefined, seed).weights() as NamedTensor[])];

async function learn(model: Model, steps = 1): Promise<void> {
  for (let i = 0; i < steps; i++) {
    await model.accumulate(training(), lossOf[model.role as 'policy' | 'critic']);
    await model.step(options);
  }
}

describe.each([
  ['the reference backend', startReference, {}],
  ['ONNX on the CPU', startOnnx, {}],
  ['ONNX on the CPU, block by block', startOnnx, { programs: 'blocks' }],
] as const)('adapters on %s', (_, start: () => Promise<Backend>, settings: Settings) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await start();
  });
  afterAll(() => backend.dispose());
  const create = (changes: object = {}) => createEngine(backend, settings, { ...request, ...changes });

  it('start as the base to the bit, value head included', async () => {
    const [plain, adapted] = [await create({ lora: undefined }), await create()];
    for (const role of ['policy', 'critic', 'reference'] as const) {
      expect(await allWeights(adapted[role]!)).toEqual(await allWeights(plain[role]!));
      expect(await adapted[role]!.forward(training())).toEqual(await plain[role]!.forward(training()));
    }
    for (const engine of [plain, adapted]) await engine.dispose();
  });

  it('change W = W₀ + alpha/rank · B·A in their targets, the value head, and nothing else', async () => {
    const engine = await create({ lora: { ...lora, targets: ['q_proj', 'down_proj'] } });
    const before = new Map((await allWeights(engine.critic!)).map(({ name, data }) => [name, data]));
    await learn(engine.critic!, 3);
    const [after, trained] = [
      await collectTensors(tensorsOf(engine.critic!).exportWeights()),
      await trainedTensors(engine.critic!),
    ];
    const changed = [...after]
      .filter(([name, data]) => maxDifference(data, before.get(name)!) > 0)
      .map(([name]) => name);
    expect(changed).toEqual([...after.keys()].filter((name) => /q_proj.weight|down_proj|value_head/.test(name)));
    for (const name of changed.filter((n) => n !== 'value_head.weight')) {
      const pair = [trained.get(part(name, 'A'))!, trained.get(part(name, 'B'))!] as const;
      expect(maxDifference(after.get(name)!, mergedByHand(before.get(name)!, pair, lora))).toBeLessThan(
        float32Tolerance,
      );
    }
    expect(after.get('value_head.weight')).toEqual(trained.get('value_head.weight'));
    expect(trained.size).toBe(2 * 4 + 1);
    await engine.dispose();
  });

  it('go on from an exported state to the bit, with the version asked for', async () => {
    const [engine, again] = [await create(), await create()];
    for (const role of ['policy', 'critic'] as const) {
      const [model, other] = [engine[role]!, again[role]!];
      await learn(model, 2);
      await tensorsOf(other).importOptimizer(await copyTensors(tensorsOf(model).exportOptimizer()), 17);
      expect(other.version).toBe(17);
      expect(await allWeights(other)).toEqual(await allWeights(model));
      for (const m of [model, other]) await learn(m);
      expect(await copyTensors(tensorsOf(other).exportOptimizer())).toEqual(
        await copyTensors(tensorsOf(model).exportOptimizer()),
      );
      expect(await allWeights(other)).toEqual(await allWeights(model));
      expect(tensorsOf(model).optimizerShapes.map(({ name }) => name)).toEqual([
        ...(await collectTensors(tensorsOf(model).exportOptimizer())).keys(),
      ]);
    }
    for (const e of [engine, again]) await e.dispose();
  });

  it('start anew on weights that are imported; reference model and other models keep theirs', async () => {
    const engine = await create();
    const [fresh, first] = [await trainedTensors(engine.policy), await allWeights(engine.policy)];
    await learn(engine.policy, 2);
    const other = exampleWeights(2);
    await tensorsOf(engine.policy).importWeights(other, 9);
    expect(engine.policy.version).toBe(9);
    expect(await allWeights(engine.policy)).toEqual(other);
    expect(await trainedTensors(engine.policy)).toEqual(fresh);
    expect(await allWeights(engine.reference!)).toEqual(first);
    await learn(engine.policy);
    expect(await allWeights(engine.policy)).not.toEqual(other);
    const head = (await trainedTensors(engine.critic!)).get('value_head.weight')!;
    await tensorsOf(engine.critic!).importWeights(await allWeights(engine.critic!));
    expect((await trainedTensors(engine.critic!)).get('value_head.weight')).toEqual(head);
    await engine.dispose();
  });

  it('of several models share one base on the device; all of it is freed', async () => {
    const { buffers } = backend.memory();
    const parsed = localEngineSettings.parse({ ...smallBatches, ...settings });
    const models = new LocalModels(parsed, backend, exampleRequest({ optimizer: createAdamW() }));
    const bytesOf = async <T>(make: () => Promise<T>): Promise<[T, number]> => {
      const { bytes } = backend.memory();
      return [await make(), backend.memory().bytes - bytes];
    };
    const [first] = await bytesOf(() => models.create('policy', { lora }));
    const [second, added] = await bytesOf(() => models.create('policy', { lora: { ...lora, targets: ['k_proj'] } }));
    const [full] = [await models.create('policy')];
    expect(added).toBe(2 * 4 * (6 * 18 + 3 * 18 + 6 * 3));
    await learn(first);
    await learn(full);
    const trained = await allWeights(first);
    expect(await allWeights(second)).toEqual(exampleWeights(1));
    const [copy, copied] = await bytesOf(() => models.copy(first));
    const targets = adaptersOf(decoderParameters(exampleBase().config, 'language'), lora);
    expect(copied).toBe(4 * targets.reduce((n, { weight: { shape } }) => n + shape[0]! * shape[1]!, 0));
    await learn(first);
    expect(await allWeights(copy)).toEqual(trained);
    models.release(first);
    await learn(second);
    await models.dispose();
    expect(backend.memory().buffers).toBe(buffers);
  });
});

it('a rank above an extent of a target is refused, naming the weight', async () => {
  const backend = await startReference();
  const wide = { ...request, lora: { ...lora, rank: 7 } };
  await expect(createEngine(backend, {}, wide)).rejects.toMatchObject({
    code: 'ORZ_CONFIG_INVALID',
    message: 'An adapter of rank 7 is larger than model.layers.0.self_attn.k_proj.weight of shape [6, 18]',
    details: { value: 7, allowed: 'at most 6', origin: 'lora.rank' },
  });
  expect(backend.memory().buffers).toBe(0);
});

it('a gradient that is not finite is refused before anything changes', async () => {
  const backend = await startReference();
  const engine = await createEngine(backend, {}, request);
  const name = 'model.layers.1.mlp.up_proj.weight';
  await engine.policy.accumulate(training(), ratioLoss);
  const local = engine.policy as Model & { parameters: { gradient(name: string): never } };
  backend.write(local.parameters.gradient(name), Float32Array.of(Number.NaN));
  const before = await copyTensors(tensorsOf(engine.policy).exportOptimizer());
  await expect(engine.policy.step(options)).rejects.toMatchObject({
    code: 'ORZ_NOT_FINITE',
    message: expect.stringContaining(part(name, 'A')),
  });
  expect(await copyTensors(tensorsOf(engine.policy).exportOptimizer())).toEqual(before);
  await expect(engine.policy.step(options)).rejects.toMatchObject({ code: 'ORZ_INTERNAL' });
  await engine.dispose();
});

function part(name: string, letter: 'A' | 'B'): string {
  return name.replace(/weight$/, `lora_${letter}.weight`);
}
