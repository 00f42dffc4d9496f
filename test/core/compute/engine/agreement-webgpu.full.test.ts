import { describe, it } from 'vitest';
import { backendAgreement } from '../../../../core/conformance/backend-agreement.js';
import { createOnnxBackend } from '../../../../plugins/backend-onnx/start.js';
import { findSoftwareAdapter, useInThisProcess } from '../../../support/software-adapter.js';
import { recipeAgreement } from './agreement.js';

const adapter = findSoftwareAdapter();
if ('reason' in adapter) console.log(`Skipped: agreement of the WebGPU provider. ${adapter.reason}`);
else useInThisProcess(adapter);

describe.skipIf('reason' in adapter)('ONNX on a WebGPU software adapter and the reference backend', () => {
  // exp and division of WGSL may be off by several units in the last place, in every layer.
  for (const check of backendAgreement(
    recipeAgreement(() => createOnnxBackend({ provider: 'webgpu', threads: 1 }), 1e-4),
  ))
    it(check.title, check.run);
});
