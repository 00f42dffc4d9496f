import { adapterName, chooseAdapter, isSoftware, openDevice } from './device/adapter.js';
import { WebGpuDevice } from './device/device.js';
import { loadGpu } from './device/load-gpu.js';
import type { Target } from './lower/unit.js';
import { WebGpuBackend } from './backend.js';
import type { WebGpuSettings } from './settings.js';

/** Opens the adapter of the settings. `target` overrides what the kernels are chosen for: tests run those of a GPU on a software adapter. */
export async function createWebGpuBackend(settings: WebGpuSettings, target: Partial<Target> = {}): Promise<WebGpuBackend> {
  const library = await loadGpu();
  const adapter = await chooseAdapter(library, settings);
  const gpu = await openDevice(adapter), name = adapterName(adapter);
  const isCpu = isSoftware(adapter);
  const largestBuffer = Math.floor(Math.min(gpu.limits.maxBufferSize, gpu.limits.maxStorageBufferBindingSize) / 256) * 256;
  const device = new WebGpuDevice(gpu, name, {
    maxBindings: gpu.limits.maxStorageBuffersPerShaderStage, workgroupBytes: gpu.limits.maxComputeWorkgroupStorageSize, largestBuffer, isCpu,
    subgroups: gpu.features.has('subgroups'), precision: settings.precision, ...target,
  });
  return new WebGpuBackend(device, {
    backend: 'webgpu', device: name, deterministic: true,
    notes: [`${library.name}${isCpu ? ', on the processor: for tests, not for speed' : ''}`],
  });
}
