import { availableParallelism } from 'node:os';
import { OnnxBackend } from './backend.js';
import { OnnxDevice } from './device.js';
import { loadOnnxRuntime } from './runtime-folder.js';
import type { OnnxSettings } from './settings.js';

/** Starts ONNX Runtime with the provider and threads of the settings. */
export async function createOnnxBackend(settings: OnnxSettings): Promise<OnnxBackend> {
  const { ort, note } = await loadOnnxRuntime();
  const threads = settings.threads || Math.min(availableParallelism(), 16);
  const provider = settings.provider === 'auto' ? 'cpu' : settings.provider;
  const device = new OnnxDevice(ort, provider, threads);
  return new OnnxBackend(device, { backend: 'onnx', device: provider, deterministic: provider === 'cpu', notes: note ? [note] : [] });
}
