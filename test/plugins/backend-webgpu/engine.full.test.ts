import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backendAgreement } from '../../../core/conformance/backend-agreement.js';
import { engineConformance } from '../../../core/conformance/engine.js';
import { modelConformance } from '../../../core/conformance/model.js';
import { samplerConformance } from '../../../core/conformance/sampler.js';
import type { WebGpuBackend } from '../../../plugins/backend-webgpu/backend.js';
import { recipeAgreement } from '../../core/compute/engine/agreement.js';
import { underTest } from '../../core/compute/engine/support.js';
import { skipReason, startWebGpu } from './support.js';

/** f32 arithmetic through two layers. */
const tolerance = 2e-5;

describe.skipIf(skipReason !== undefined).each(['fused', 'blocks'] as const)(
  'the local engine on webgpu, programs %s',
  (programs) => {
    let backend: WebGpuBackend;
    beforeAll(async () => {
      backend = await startWebGpu();
    });
    afterAll(() => backend.dispose());

    const test = underTest(() => backend, { programs }, tolerance);
    // What the engine does between programs is the same for both; the models are not.
    for (const check of programs === 'fused'
      ? [...engineConformance(test), ...modelConformance(test), ...samplerConformance(test)]
      : modelConformance(test)) {
      it(check.title, async () => {
        await check.run();
        expect(backend.memory(), 'buffers left behind').toEqual({ buffers: 0, bytes: 0 });
      });
    }
  },
);

describe.skipIf(skipReason !== undefined)('webgpu and the reference backend', () => {
  for (const check of backendAgreement(recipeAgreement(() => startWebGpu(), tolerance))) it(check.title, check.run);
});
