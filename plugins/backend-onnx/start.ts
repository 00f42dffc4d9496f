import { availableParallelism } from 'node:os';
import { OnnxBackend } from './backend.js';
import { OnnxDevice } from './device.js';
import { ModelBuilder } from './model/builder.js';
import { chooseDevice } from './providers.js';
import { loadOnnxRuntime } from './runtime-folder.js';
import { selfTest } from './self-test.js';
import type { OnnxSettings } from './settings.js';
import { threadsFor } from './threads.js';

/** More threads than this do not make one matrix product of our sizes faster. */
const maximumThreads = 16;

const gpuNote =
  'optimizer steps, sampling, cache writes and embedding gradients run on the CPU; ' +
  'buffers live in host memory and cross the bus at every execution';

/**
 * Starts ONNX Runtime with the provider and threads of the settings, and tests it before use. `threadsOf` chooses the
 * threads of each session from those.
 */
export async function createOnnxBackend(settings: OnnxSettings, threadsOf = threadsFor): Promise<OnnxBackend> {
  const { ort, note } = await loadOnnxRuntime();
  ort.env.logLevel = 'fatal'; // Failures throw; they are not printed as well.
  const threads = settings.threads || Math.min(availableParallelism(), maximumThreads);
  const { device, notes } = await chooseDevice(
    settings.provider,
    (provider) => new OnnxDevice(ort, provider, { available: threads, of: threadsOf }),
  );
  if (device.provider === 'cpu') await settleAllocator(device);
  else notes.push(gpuNote);
  const backend = new OnnxBackend(device, {
    backend: 'onnx',
    device: device.provider,
    deterministic: device.provider === 'cpu',
    notes: note === undefined ? notes : [...notes, note],
  });
  await selfTest(backend);
  return backend;
}

/**
 * Makes the C library keep freed blocks of up to 32 MiB instead of returning each to the system: glibc raises its limit
 * to the largest block freed so far. ONNX Runtime then reuses intermediate tensors without page faults across all
 * sessions, which makes a small training step a quarter faster (81 to 61 ms of CPU time) and replaces an arena per
 * session.
 */
async function settleAllocator(device: OnnxDevice): Promise<void> {
  const model = new ModelBuilder('settle allocator');
  const x = model.input('f32', []);
  const largest = model.node('Expand', [x, model.integers([(32 * 2 ** 20 - 65_536) / 4])]);
  model.output(model.node('ReduceMax', [largest, model.integers([0])], { attributes: { keepdims: 0 } }), 'f32', []);
  const session = await device.createSession(model.encode(), 'settle allocator');
  await session.run({ [x]: new device.ort.Tensor('float32', Float32Array.of(0), []) });
  await session.release();
}
