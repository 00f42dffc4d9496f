import { adapterName } from './device/adapter-name.js';
import { chooseAdapter, openDevice } from './device/adapter.js';
import { capabilitiesOf, describeTarget } from './device/capabilities.js';
import { WebGpuDevice } from './device/device.js';
import { loadGpu } from './device/load-gpu.js';
import type { Target } from './lower/target.js';
import { WebGpuBackend } from './backend.js';
import type { WebGpuSettings } from './settings.js';

/**
 * Opens the adapter of the settings. `overrides` change what the kernels are chosen for: tests execute those for a GPU
 * on a software adapter.
 */
export async function createWebGpuBackend(
  settings: WebGpuSettings,
  overrides: Partial<Target> = {},
): Promise<WebGpuBackend> {
  const library = await loadGpu();
  const adapter = await chooseAdapter(library, settings);
  const gpu = await openDevice(adapter),
    name = adapterName(adapter);
  const target: Target = { ...capabilitiesOf(library, adapter, gpu), precision: settings.precision, ...overrides };
  return new WebGpuBackend(new WebGpuDevice(gpu, name, target), {
    backend: 'webgpu',
    device: name,
    deterministic: true,
    notes: [
      library.name,
      describeTarget(target),
      ...(target.isCpu ? ['on the processor: for tests, not for speed'] : []),
    ],
  });
}
