/// <reference types="@webgpu/types" />
import { OrzError } from '../../../core/errors.js';
import type { WebGpuSettings } from '../settings.js';
import type { GpuLibrary } from './load-gpu.js';
import { noAdapter } from './no-adapter.js';

/** Still an experiment of Chromium and Dawn, and therefore unknown to the type definitions of the standard. */
export const matrixFeature = 'chromium-experimental-subgroup-matrix' as GPUFeatureName;
/** Features that are used where an adapter has them. */
const wantedFeatures: readonly GPUFeatureName[] = ['timestamp-query', 'shader-f16', 'subgroups', matrixFeature];

/** Limits that are raised to what the adapter has; the defaults are those of the weakest device. */
const wantedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** Browsers say little of an adapter, and older ones (Chrome before 127) nothing. */
const infoOf = (adapter: GPUAdapter): Partial<GPUAdapterInfo> =>
  (adapter as { readonly info?: GPUAdapterInfo }).info ?? {};

/** The name by which an adapter is shown and chosen. */
export function adapterName(adapter: GPUAdapter): string {
  const info = infoOf(adapter),
    text = info.description || [info.vendor, info.architecture, info.device].filter(Boolean).join(' ');
  return text || 'unnamed adapter';
}

/** The adapter of the settings. ORZ_BACKEND_PROVIDER if there is none, or if none has the name that is asked for. */
export async function chooseAdapter(
  library: GpuLibrary,
  { adapter: wanted, powerPreference }: Pick<WebGpuSettings, 'adapter' | 'powerPreference'>,
): Promise<GPUAdapter> {
  const named = (name: string): boolean => name.toLowerCase().includes(wanted.toLowerCase());
  const found: GPUAdapter[] = [];
  for (const preference of powerPreference === 'low-power'
    ? (['low-power', 'high-performance'] as const)
    : (['high-performance', 'low-power'] as const)) {
    const adapter = await library.gpu.requestAdapter({ powerPreference: preference });
    if (adapter && named(adapterName(adapter))) return adapter;
    if (adapter) found.push(adapter);
  }
  if (found.length === 0) throw noAdapter(library.name);
  // Both preferences may mean the same one of several.
  const cards = (await library.cards?.()) ?? found.map(adapterName),
    card = cards.find(named);
  const adapter = card !== undefined && (await library.ofCard?.(card).requestAdapter());
  if (adapter) return adapter;
  throw new OrzError('ORZ_BACKEND_PROVIDER', `WebGPU (${library.name}) has no adapter named "${wanted}"`, {
    value: wanted,
    allowed: [...new Set(cards)],
    origin: 'backend.adapter',
    remedy: 'leave backend.adapter empty, or give a part of one of these names',
  });
}

/** A device with the features and limits that are used. ORZ_BACKEND_PROVIDER if the adapter does not give one. */
export async function openDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  const requiredLimits = Object.fromEntries(wantedLimits.map((name) => [name, adapter.limits[name]]));
  try {
    return await adapter.requestDevice({
      requiredFeatures: wantedFeatures.filter((name) => adapter.features.has(name)),
      requiredLimits,
    });
  } catch (cause) {
    throw new OrzError(
      'ORZ_BACKEND_PROVIDER',
      `the adapter "${adapterName(adapter)}" gives no device: ${(cause as Error).message}`,
      { origin: 'backend.adapter', remedy: 'close other programs that use the GPU, or update its driver', cause },
    );
  }
}

/** Whether the adapter computes on the processor, where workgroups gain nothing. */
export function isSoftware(adapter: GPUAdapter): boolean {
  const { isFallbackAdapter = false, architecture, description, device } = infoOf(adapter);
  return (
    isFallbackAdapter ||
    ['swiftshader', 'llvmpipe', 'lavapipe', 'basic render'].some((name) =>
      `${architecture} ${description} ${device}`.toLowerCase().includes(name),
    )
  );
}
