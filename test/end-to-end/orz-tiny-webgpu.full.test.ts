import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findSoftwareAdapter, useInThisProcess } from '../support/software-adapter.js';
import { emptyFolder, runIn, type Settings } from './run-in-folder.js';

const adapter = findSoftwareAdapter();
if ('reason' in adapter) console.log(`Skipped: orz-tiny on WebGPU. ${adapter.reason}`);
else useInThisProcess(adapter);

/** Small enough for a processor that plays the GPU: a narrow base model, few rollouts. */
const reduced: Settings = {
  seed: 4,
  iterations: 3,
  rolloutBatchSize: 8,
  samplesPerPrompt: 8,
  maxResponseTokens: 36,
  criticUpdateSteps: 2,
  policyWarmupSteps: 1,
  criticWarmupSteps: 2,
  'evaluation.every': 0,
  'evaluation.problems': 64,
  'checkpoint.every': 1000,
};
const network: Settings = {
  'model.hiddenSize': 48,
  'model.intermediateSize': 96,
  'model.steps': 500,
  'model.tokensPerStep': 1024,
};

const folder = emptyFolder();
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe.skipIf('reason' in adapter)('a reduced orz-tiny', () => {
  it('takes the same course on webgpu as on ONNX, from the same base model', async () => {
    const onnx = await runIn(folder, 'onnx', { ...reduced, ...network, 'backend.provider': 'cpu' });
    const webgpu = await runIn(folder, 'webgpu', {
      ...reduced,
      'backend.type': 'webgpu',
      model: { type: 'huggingface', path: join(onnx.folder, 'checkpoints/base/policy') },
    });
    expect(webgpu.metrics).toHaveLength(3);
    for (const [i, expected] of onnx.metrics.entries()) {
      const actual = webgpu.metrics[i]!;
      const both = (name: string): string =>
        `${name} ${[expected, actual].map((m) => (m[name] as number).toFixed(5)).join(' and ')}`;
      console.log(`iteration ${i + 1}: ${['reward', 'entropy', 'policyGradNorm'].map(both).join(', ')}`);
      // A token drawn at the very border of its probability may differ, and with it one of 64 responses.
      expect(Math.abs((actual['reward'] as number) - (expected['reward'] as number))).toBeLessThanOrEqual(2 / 64);
      for (const name of ['entropy', 'policyGradNorm', 'responseLength'])
        expect((actual[name] as number) / (expected[name] as number), name).toBeCloseTo(1, 1);
      expect(actual['logprobGapMax']).toBeLessThan(1e-4);
    }
  });
});
