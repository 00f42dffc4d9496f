/// <reference types="@webgpu/types" />
import { OrzError } from '../../../core/errors.js';
import type { WebGpuSettings } from '../settings.js';
import type { GpuLibrary } from './load-gpu.js';

/** Still an experiment of Chromium and Dawn, and therefore unknown to the type definitions of the standard. */
export const matrixFeature = 'chromium-experimental-subgroup-matrix' as GPUFeatureName;
/** Features that are used where an adapter has them. */
const wantedFeatures: readonly GPUFeatureName[] = ['timestamp-query', 'shader-f16', 'subgroups', matrixFeature];

/** Limits that are raised to what the adapter has; the defaults are those of the weakest device. */
const wantedLimits = [
  'maxBufferSize', 'maxStorageBufferBindingSize', 'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize', 'maxComputeInvocationsPerWorkgroup', 'maxComputeWorkgroupSizeX',
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** The name by which an adapter is shown and chosen. */
export function adapterName({ info }: GPUAdapter): string {
  const text = info.description || [info.vendor, info.architecture, info.device].filter(Boolean).join(' ');
  return text || 'unnamed adapter';
}

const noAdapter = 'WebGPU needs a GPU with a Vulkan (Linux: libvulkan1 and a driver), Metal or Direct3D 12 driver; see docs/backends.md';

/** The adapter of the settings. ORZ_BACKEND_PROVIDER if there is none, or if its name is not the one asked for. */
export async function chooseAdapter({ gpu, name }: GpuLibrary, settings: Pick<WebGpuSettings, 'adapter' | 'powerPreference'>): Promise<GPUAdapter> {
  const preferences = settings.powerPreference === 'low-power' ? ['low-power', 'high-performance'] as const : ['high-performance', 'low-power'] as const;
  const found: string[] = [];
  for (const powerPreference of preferences) {
    const adapter = await gpu.requestAdapter({ powerPreference });
    if (!adapter) continue;
    if (adapterName(adapter).toLowerCase().includes(settings.adapter.toLowerCase())) return adapter;
    found.push(adapterName(adapter));
  }
  if (found.length === 0) {
    throw new OrzError('ORZ_BACKEND_PROVIDER', `WebGPU (${name}) finds no adapter on this machine`, { origin: 'backend.type', remedy: `${noAdapter}; or use --set backend.type=onnx` });
  }
  throw new OrzError('ORZ_BACKEND_PROVIDER', `WebGPU (${name}) has no adapter named "${settings.adapter}"`, {
    value: settings.adapter, allowed: [...new Set(found)], origin: 'backend.adapter', remedy: 'leave backend.adapter empty, or give a part of one of these names',
  });
}

/** A device with the features and limits that are used. ORZ_BACKEND_PROVIDER if the adapter does not give one. */
export async function openDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  const requiredLimits = Object.fromEntries(wantedLimits.map((name) => [name, adapter.limits[name]]));
  try {
    return await adapter.requestDevice({ requiredFeatures: wantedFeatures.filter((name) => adapter.features.has(name)), requiredLimits });
  } catch (cause) {
    throw new OrzError('ORZ_BACKEND_PROVIDER', `the adapter "${adapterName(adapter)}" gives no device: ${(cause as Error).message}`, { origin: 'backend.adapter', remedy: noAdapter, cause });
  }
}

/** Whether the adapter computes on the processor, where workgroups gain nothing. */
export const isSoftware = ({ info }: GPUAdapter): boolean =>
  info.isFallbackAdapter || ['swiftshader', 'llvmpipe', 'lavapipe', 'basic render'].some((name) => `${info.architecture} ${info.description} ${info.device}`.toLowerCase().includes(name));
