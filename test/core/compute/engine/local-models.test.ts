import { expect, it } from 'vitest';
import { ratioLoss } from '../../../../core/conformance/engine/example-training.js';
import { allWeights } from '../../../../core/conformance/engine/gradient.js';
import { exampleRequest } from '../../../../core/conformance/engine/harness.js';
import { exampleLengths, exampleSequences, exampleTraining } from '../../../../core/conformance/example-model.js';
import { LocalModels, localEngineSettings } from '../../../../core/compute/engine/local-engine.js';
import { createAdamW } from '../../../../plugins/optimizer-adamw/plugin.js';
import { ReferenceBackend } from '../../../../plugins/backend-reference/backend.js';
import { smallBatches } from './support.js';

const sequences = exampleSequences(exampleLengths);
const open = (optimizer = createAdamW()): LocalModels =>
  new LocalModels(localEngineSettings.parse(smallBatches), new ReferenceBackend(), exampleRequest({ optimizer }));

it('a copy keeps the weights it was made of, is frozen, and is gone when released', async () => {
  const models = open();
  const policy = await models.create('policy');
  const before = await policy.forward(sequences);
  const copy = await models.copy(policy);
  await policy.accumulate(exampleTraining(sequences), ratioLoss);
  await policy.step({ learningRate: 0.1, maxGradNorm: 1 });
  expect(await policy.forward(sequences)).not.toEqual(before);
  expect(await copy.forward(sequences)).toEqual(before);
  await expect(copy.step({ learningRate: 1, maxGradNorm: 1 })).rejects.toMatchObject({ code: 'ORZ_INTERNAL' });
  models.release(copy);
  expect(() => copy.parameters.value('model.norm.weight')).toThrow(expect.objectContaining({ code: 'ORZ_INTERNAL' }));
  await models.dispose();
});

it('a step with an optimizer of its own is that of a model made with it; the state must be the same', async () => {
  const settings = { beta1: 0.5, beta2: 0.6, epsilon: 0.1, weightDecay: 0.2 };
  const [usual, special] = [open(), open(createAdamW(settings))];
  const results = [];
  for (const models of [usual, special]) {
    const policy = await models.create('policy');
    await policy.accumulate(exampleTraining(sequences), ratioLoss);
    await policy.step({ learningRate: 0.1, maxGradNorm: 1 }, createAdamW(settings));
    results.push(await allWeights(policy));
    const stateless = { ...createAdamW(), state: [] };
    await expect(policy.step({ learningRate: 1, maxGradNorm: 1 }, stateless)).rejects.toMatchObject({
      message: 'The optimizer "adamw" keeps other state than the one of the model',
    });
    await models.dispose();
  }
  expect(results[0]).toEqual(results[1]);
});
