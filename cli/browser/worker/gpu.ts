/// <reference types="@webgpu/types" />
import { adapterName, isSoftware } from '../../../plugins/backend-webgpu/plugin.js';
import type { Gpu, NoGpu } from '../messages.js';

const speedFeatures = ['shader-f16', 'subgroups', 'timestamp-query'] as const;

/** What a worker has of a browser's surroundings. */
export interface GpuScope {
  readonly isSecureContext: boolean;
  readonly navigator: { readonly gpu?: GPU };
}

/** The visitor's GPU, or why there is none. Asks for an adapter only; no device is opened. */
export async function findGpu({ isSecureContext, navigator }: GpuScope): Promise<Gpu | NoGpu> {
  if (!isSecureContext)
    return {
      reason: 'Browsers give pages a GPU only over HTTPS, or on this very machine',
      remedy:
        'Open this page through https://, or as http://localhost or http://127.0.0.1 on the machine that serves it.',
    };
  if (!navigator.gpu)
    return {
      reason: 'This browser has no WebGPU, or has it switched off',
      remedy:
        'Use a current Chrome, Edge, Safari (26 and later) or Firefox; on Linux it may have to be switched on: chrome://flags/#enable-unsafe-webgpu, or dom.webgpu.enabled in about:config of Firefox.',
    };
  try {
    return describe(await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' }));
  } catch (cause) {
    return {
      reason: `This browser has WebGPU, but it fails: ${(cause as Error).message}`,
      remedy: 'Update the browser and the graphics driver.',
    };
  }
}

function describe(adapter: GPUAdapter | null): Gpu | NoGpu {
  if (!adapter)
    return {
      reason: 'This browser has WebGPU but found no GPU it trusts',
      remedy:
        'Update the graphics driver, see chrome://gpu for the reason, or allow it with chrome://flags/#enable-unsafe-webgpu.',
    };
  return {
    name: adapterName(adapter),
    software: isSoftware(adapter),
    maxBufferBytes: Math.min(adapter.limits.maxBufferSize, adapter.limits.maxStorageBufferBindingSize),
    maxWorkgroupMemoryBytes: adapter.limits.maxComputeWorkgroupStorageSize,
    features: speedFeatures.filter((feature) => adapter.features.has(feature)),
  };
}
