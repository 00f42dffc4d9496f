import { describe, expect, it } from 'vitest';
import { adapterName, chooseAdapter } from '../../../plugins/backend-webgpu/device/adapter.js';
import { loadGpu, type GpuLibrary } from '../../../plugins/backend-webgpu/device/load-gpu.js';

const adapter = (description: string): GPUAdapter => ({ info: { description, vendor: 'v', architecture: 'a', device: 'd' } }) as GPUAdapter;
const library = (byPreference: Partial<Record<GPUPowerPreference, GPUAdapter>>): GpuLibrary => ({
  name: 'Dawn', gpu: { requestAdapter: async ({ powerPreference }: GPURequestAdapterOptions = {}) => byPreference[powerPreference!] ?? null } as GPU,
});
const both = library({ 'high-performance': adapter('Big Card'), 'low-power': adapter('Small Chip') });

describe('choosing an adapter', () => {
  it('follows the power preference, and a name goes before it', async () => {
    expect(adapterName(await chooseAdapter(both, { adapter: '', powerPreference: 'high-performance' }))).toBe('Big Card');
    expect(adapterName(await chooseAdapter(both, { adapter: '', powerPreference: 'low-power' }))).toBe('Small Chip');
    expect(adapterName(await chooseAdapter(both, { adapter: 'small', powerPreference: 'high-performance' }))).toBe('Small Chip');
  });

  it('names an adapter that describes itself by nothing else by vendor, architecture and device', () => {
    expect(adapterName(adapter(''))).toBe('v a d');
  });

  it('refuses a name that no adapter has, and lists theirs', async () => {
    await expect(chooseAdapter(both, { adapter: 'other', powerPreference: 'low-power' })).rejects.toMatchObject({ code: 'ORZ_BACKEND_PROVIDER', details: { allowed: ['Small Chip', 'Big Card'] } });
  });

  it('says what is needed where there is none', async () => {
    await expect(chooseAdapter(library({}), { adapter: '', powerPreference: 'low-power' })).rejects.toMatchObject({ code: 'ORZ_BACKEND_PROVIDER', message: 'WebGPU (Dawn) finds no adapter on this machine', details: { remedy: expect.stringContaining('Vulkan') } });
  });
});

it('a missing package is reported with the command that installs it', async () => {
  await expect(loadGpu(() => Promise.reject(new Error("Cannot find package 'webgpu'\nmore")))).rejects.toMatchObject({
    code: 'ORZ_BACKEND_PROVIDER', message: `the package "webgpu" cannot be loaded: Cannot find package 'webgpu'`, details: { remedy: expect.stringContaining('npm install webgpu@') },
  });
});
