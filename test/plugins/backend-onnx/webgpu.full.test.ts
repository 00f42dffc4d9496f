import { describe, expect, it } from 'vitest';
import { backendConformance } from '../../../core/conformance/backend.js';
import { createOnnxBackend } from '../../../plugins/backend-onnx/start.js';
import { findSoftwareAdapter, useInThisProcess } from '../../support/software-adapter.js';

const adapter = findSoftwareAdapter();
if ('reason' in adapter) console.log(`Skipped: the WebGPU provider. ${adapter.reason}`);
else useInThisProcess(adapter);

describe.skipIf('reason' in adapter)('the onnx backend on a WebGPU software adapter', () => {
  const create = () => createOnnxBackend({ provider: 'webgpu', threads: 1 });
  // exp and division of WGSL may be off by several units in the last place. It does not promise infinities either
  // (https://www.w3.org/TR/WGSL/#floating-point-evaluation): SwiftShader's log of 0 is -88, the log of the smallest
  // normal number.
  const promised = backendConformance(create, { tolerance: 1e-4 }).filter(
    ({ title }) => title !== 'infinities follow IEEE arithmetic',
  );
  for (const check of promised) it(check.title, check.run);

  it('says what still runs on the CPU', async () => {
    const backend = await create();
    expect(backend.info).toMatchObject({ device: 'webgpu', deterministic: false });
    expect(backend.info.notes.join()).toContain(
      'optimizer steps, sampling, cache writes and embedding gradients run on the CPU',
    );
    await backend.dispose();
  });
});
