import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineConformance } from '../../../core/conformance/engine.js';
import { exampleRequest, type EngineUnderTest } from '../../../core/conformance/engine/harness.js';
import { exampleSequences } from '../../../core/conformance/example-model.js';
import { modelConformance } from '../../../core/conformance/model.js';
import { samplerConformance } from '../../../core/conformance/sampler.js';
import type { Backend } from '../../../core/contracts/backend.js';
import { createLocalEngine, localEngineSettings } from '../../../core/compute/engine/local-engine.js';
import { referenceTolerance, smallBatches, startReference } from '../compute/engine/support.js';
import { remoteEngine } from '../../support/remote-engine.js';

let backend: Backend;
beforeAll(async () => {
  backend = await startReference();
});
afterAll(() => backend.dispose());

const local = () => createLocalEngine(localEngineSettings.parse({ ...smallBatches, programs: 'fused' }), backend);

describe('an engine behind messages, whose replies come late or get lost', () => {
  const test: EngineUnderTest = {
    tolerance: referenceTolerance,
    create: (request) => remoteEngine(local(), { latencyMs: 1, lost: 0.3, lendsTensors: true }).factory.create(request),
  };
  for (const check of [...engineConformance(test), ...modelConformance(test), ...samplerConformance(test)]) {
    it(check.title, async () => {
      await check.run();
      expect(backend.memory(), 'buffers left behind').toEqual({ buffers: 0, bytes: 0 });
    });
  }
});

it('an engine whose server starts anew says so until a state is loaded', async () => {
  const { factory } = remoteEngine(local(), { restartBefore: 3 });
  const engine = await factory.create(exampleRequest());
  const sequences = exampleSequences([[2, 3]]);
  const before = await engine.policy.forward(sequences);
  const reference = await engine.states!.save('start');
  await expect(engine.policy.forward(sequences)).rejects.toMatchObject({ code: 'ORZ_SERVER_STATE' });
  await engine.states!.load(reference, { policy: 1 });
  expect(await engine.policy.forward(sequences)).toEqual(before);
  await engine.dispose();
});
