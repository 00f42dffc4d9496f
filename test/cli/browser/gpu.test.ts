import { describe, expect, it } from 'vitest';
import { findGpu } from '../../../cli/browser/worker/gpu.js';

const limits = { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27, maxComputeWorkgroupStorageSize: 16_384 };
const adapter = (info?: Partial<GPUAdapterInfo>) => ({ info, limits, features: new Set(['shader-f16']) });
const find = (gpu: unknown, isSecureContext = true) => findGpu({ isSecureContext, navigator: { gpu: gpu as GPU } });

describe('the GPU of a visitor', () => {
  it('is named with its limits', async () => {
    expect(await find({ requestAdapter: async () => adapter({ vendor: 'nvidia', architecture: 'ampere' }) })).toEqual({
      name: 'nvidia ampere',
      software: false,
      maxBufferBytes: 2 ** 27,
      maxWorkgroupMemoryBytes: 16_384,
      features: ['shader-f16'],
    });
  });

  it('has no name in browsers that tell nothing of adapters', async () => {
    expect(await find({ requestAdapter: async () => adapter() })).toMatchObject({
      name: 'unnamed adapter',
      software: false,
    });
  });

  it('that is not there has a reason and a remedy, whatever the browser does', async () => {
    expect(await find(undefined)).toMatchObject({ reason: expect.stringMatching(/no WebGPU/) as unknown });
    expect(await find({}, false)).toMatchObject({ reason: expect.stringMatching(/HTTPS/) as unknown });
    expect(await find({ requestAdapter: async () => null })).toMatchObject({
      reason: expect.stringMatching(/no GPU it trusts/) as unknown,
    });
    expect(
      await find({
        requestAdapter: async () => {
          throw new Error('process crashed');
        },
      }),
    ).toMatchObject({
      reason: expect.stringMatching(/fails: process crashed/) as unknown,
      remedy: expect.stringMatching(/driver/) as unknown,
    });
  });
});
