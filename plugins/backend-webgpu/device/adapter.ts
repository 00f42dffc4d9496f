/// <reference types="@webgpu/types" />
import type { WebGpuSettings } from '../settings.js';
import { adapterName } from './adapter-name.js';
import { deviceRefused, unknownAdapter } from './errors.js';
import type { GpuLibrary } from './gpu-library.js';
import { noAdapter } from './no-adapter.js';

/** Still experimental in Chromium and Dawn, and therefore unknown to the type definitions of the standard. */
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

/** Which power preferences to try, in order. */
const preferences = {
  'high-performance': ['high-performance', 'low-power'],
  'low-power': ['low-power', 'high-performance'],
} as const satisfies Record<GPUPowerPreference, readonly GPUPowerPreference[]>;

/** The adapter of the settings. ORZ_BACKEND_PROVIDER if there is none, or if none has the wanted name. */
export async function chooseAdapter(
  library: GpuLibrary,
  { adapter: wanted, powerPreference }: Pick<WebGpuSettings, 'adapter' | 'powerPreference'>,
): Promise<GPUAdapter> {
  const isWanted = (name: string): boolean => name.toLowerCase().includes(wanted.toLowerCase());
  const found: GPUAdapter[] = [];
  for (const preference of preferences[powerPreference]) {
    const adapter = await library.gpu.requestAdapter({ powerPreference: preference });
    if (adapter && isWanted(adapterName(adapter))) return adapter;
    if (adapter) found.push(adapter);
  }
  if (found.length === 0) throw noAdapter(library.name);
  // Both preferences may mean the same one of several.
  const cards = (await library.cards?.()) ?? found.map(adapterName),
    card = cards.find(isWanted);
  const adapter = card !== undefined && (await library.ofCard?.(card).requestAdapter());
  if (adapter) return adapter;
  throw unknownAdapter(library.name, wanted, cards);
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
    throw deviceRefused(adapterName(adapter), cause as Error);
  }
}
