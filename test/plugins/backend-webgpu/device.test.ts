import { describe, expect, it } from 'vitest';
import { adapterName } from '../../../plugins/backend-webgpu/device/adapter-name.js';
import { chooseAdapter } from '../../../plugins/backend-webgpu/device/adapter.js';
import type { GpuLibrary } from '../../../plugins/backend-webgpu/device/gpu-library.js';
import { loadGpu } from '../../../plugins/backend-webgpu/device/load-gpu.js';

const adapter = (description: string): GPUAdapter =>
  ({ info: { description, vendor: 'v', architecture: 'a', device: 'd' } }) as GPUAdapter;
const library = (byPreference: Partial<Record<GPUPowerPreference, GPUAdapter>>): GpuLibrary => ({
  name: 'Dawn',
  gpu: {
    requestAdapter: async ({ powerPreference }: GPURequestAdapterOptions = {}) =>
      byPreference[powerPreference!] ?? null,
  } as GPU,
});
const both = library({ 'high-performance': adapter('Big Card'), 'low-power': adapter('Small Chip') });

describe('choosing an adapter', () => {
  it('follows the power preference, and a name goes before it', async () => {
    expect(adapterName(await chooseAdapter(both, { adapter: '', powerPreference: 'high-performance' }))).toBe(
      'Big Card',
    );
    expect(adapterName(await chooseAdapter(both, { adapter: '', powerPreference: 'low-power' }))).toBe('Small Chip');
    expect(adapterName(await chooseAdapter(both, { adapter: 'small', powerPreference: 'high-performance' }))).toBe(
      'Small Chip',
    );
  });

  it('names an adapter that describes itself by nothing else by vendor, architecture and device', () => {
    expect(adapterName(adapter(''))).toBe('v a d');
  });

  it('refuses a name that no adapter has, and lists theirs', async () => {
    await expect(chooseAdapter(both, { adapter: 'other', powerPreference: 'low-power' })).rejects.toMatchObject({
      code: 'ORZ_BACKEND_PROVIDER',
      details: { allowed: ['Small Chip', 'Big Card'] },
    });
  });

  it('finds a card by name that neither preference finds, and lists all cards if there is none', async () => {
    const { create, asked } = dawnOf(['Big Card', 'Third Card (of 3)']);
    const dawn = await loadGpu(async () => ({ create }));
    expect(adapterName(await chooseAdapter(dawn, { adapter: 'third', powerPreference: 'high-performance' }))).toBe(
      'driver of Third Card (of 3)',
    );
    expect(asked.at(-1)).toEqual([
      'enable-dawn-features=disable_robustness,disable_workgroup_init,allow_unsafe_apis',
      'adapter=Third Card (of 3)',
    ]);
    await expect(chooseAdapter(dawn, { adapter: 'fourth', powerPreference: 'high-performance' })).rejects.toMatchObject(
      { details: { allowed: ['Big Card', 'Third Card (of 3)'] } },
    );
  });

  it('says why there is none and what to do', async () => {
    const none = (of: GpuLibrary) => expect(chooseAdapter(of, { adapter: '', powerPreference: 'low-power' })).rejects;
    await none(library({})).toMatchObject({
      code: 'ORZ_BACKEND_PROVIDER',
      message: expect.stringMatching(/^WebGPU \(Dawn\) finds no adapter on this machine: .*(Vulkan|Metal|Direct3D)/),
      details: { remedy: expect.stringContaining('--set backend.type=onnx') },
    });
    await none({ ...library({}), name: 'browser' }).toMatchObject({
      message: expect.stringContaining('the browser has WebGPU but no GPU'),
      details: { remedy: expect.stringContaining('chrome://gpu') },
    });
  });
});

/** Dawn on a machine with these cards, of which both preferences find the first; and the options it was asked with. */
function dawnOf(cards: readonly string[]): { create: (options: string[]) => GPU; asked: string[][] } {
  const asked: string[][] = [];
  const listed = (card: string): string => ` * backend: 'vulkan', name: '${card}'`;
  const create = (options: string[]): GPU => {
    asked.push(options);
    const wanted = options.find((option) => option.startsWith('adapter='))?.slice('adapter='.length) ?? '',
      found = cards.find((card) => card.includes(wanted));
    const requestAdapter = async (): Promise<GPUAdapter> => {
      if (found === undefined)
        throw new Error(['no suitable backends found', 'Available adapters:', ...cards.map(listed)].join('\n'));
      return adapter(`driver of ${found}`);
    };
    return { requestAdapter } as GPU;
  };
  return { create, asked };
}

it('a missing package is reported with the command that installs it', async () => {
  await expect(loadGpu(() => Promise.reject(new Error("Cannot find package 'webgpu'\nmore")))).rejects.toMatchObject({
    code: 'ORZ_BACKEND_PROVIDER',
    message: `The package "webgpu" cannot be loaded: Cannot find package 'webgpu'`,
    details: { remedy: expect.stringContaining('npm install webgpu@') },
  });
});
