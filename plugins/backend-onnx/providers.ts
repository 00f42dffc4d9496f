import { existsSync, readdirSync } from 'node:fs';
import { OrzError } from '../../core/errors.js';
import { OnnxDevice, providerNames, type ProviderName } from './device.js';
import { ModelBuilder } from './model/builder.js';
import type { OnnxRuntime } from './runtime-folder.js';

/** How much faster than the CPU a GPU must multiply matrices before `auto` takes it: small differences are noise. */
const worthwhile = 1.5;

/** The device for a setting, and why it was chosen. ORZ_BACKEND_PROVIDER if an explicit provider does not work here. */
export async function chooseDevice(
  ort: OnnxRuntime,
  setting: ProviderName | 'auto',
  threads: number,
): Promise<{ device: OnnxDevice; notes: string[] }> {
  const device = (provider: ProviderName): OnnxDevice => new OnnxDevice(ort, provider, threads);
  if (setting === 'auto') return chooseFastest(device);
  const failure = await probe(device(setting));
  if (failure === undefined) return { device: device(setting), notes: [] };
  const present: string[] = [];
  for (const name of candidates())
    if (name !== setting && (await probe(device(name))) === undefined) present.push(name);
  throw new OrzError('ORZ_BACKEND_PROVIDER', `ONNX Runtime has no working provider "${setting}" here: ${failure}`, {
    value: setting,
    allowed: ['auto', ...present],
    origin: 'backend.provider',
    remedy: remedies[setting],
  });
}

const remedies: Readonly<Record<ProviderName, string>> = {
  cpu: 'reinstall ONNX Runtime',
  cuda: 'CUDA needs an NVIDIA GPU with its driver, CUDA and cuDNN, and the CUDA files of onnxruntime-node; see docs/backends.md',
  webgpu:
    'WebGPU needs a GPU with a Vulkan (Linux: libvulkan1 and a driver), Metal or Direct3D 12 driver; see docs/backends.md',
};

/** Undefined if a session on this provider gives the right result, else what went wrong. */
async function probe(device: OnnxDevice): Promise<string | undefined> {
  try {
    await timeProduct(device, 8, 1);
    return undefined;
  } catch (error) {
    const text = (error as OrzError).message;
    return text.slice(text.lastIndexOf('Failed') >= 0 ? text.lastIndexOf('Failed') : 0).split('\n')[0]!;
  }
}

/** Times a matrix product on each provider that may be present: what a machine is fast at cannot be told from a name. */
async function chooseFastest(
  device: (provider: ProviderName) => OnnxDevice,
): Promise<{ device: OnnxDevice; notes: string[] }> {
  const times: { name: ProviderName; ms: number }[] = [];
  for (const name of candidates()) {
    if (name !== 'cpu' && (await probe(device(name))) === undefined)
      times.push({ name, ms: await timeProduct(device(name), 1024, 3) });
  }
  if (times.length === 0) return { device: device('cpu'), notes: ['auto: cpu, because no GPU provider works here'] };
  const cpu = await timeProduct(device('cpu'), 1024, 3);
  const best = times.reduce((a, b) => (b.ms < a.ms ? b : a));
  const measured = [...times, { name: 'cpu', ms: cpu }].map(({ name, ms }) => `${name} ${ms.toFixed(1)} ms`).join(', ');
  const name = best.ms * worthwhile < cpu ? best.name : 'cpu';
  return {
    device: device(name),
    notes: [`auto: ${name}, the fastest at a product of two 1024 × 1024 matrices (${measured})`],
  };
}

/**
 * Providers worth asking. On Linux a GPU has a device file; where there is none, asking would make the GPU libraries print
 * warnings, and would find software renderers that are a hundred times slower than the CPU provider.
 */
function candidates(): readonly ProviderName[] {
  if (process.platform !== 'linux') return providerNames;
  const render = existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD'));
  return render || existsSync('/dev/nvidia0') || existsSync('/dev/dxg') ? providerNames : ['cpu'];
}

/** Shortest time in ms of a product of two n × n matrices, transfers included; throws if it fails or is wrong. */
async function timeProduct(device: OnnxDevice, n: number, repetitions: number): Promise<number> {
  const model = new ModelBuilder('probe');
  const a = model.input('f32', [n, n]);
  const y = model.output(model.node('Gemm', [a, a]), 'f32', [n, n]);
  const session = await device.createSession(model.encode(), 'provider probe');
  const input = new device.ort.Tensor('float32', new Float32Array(n * n).fill(2), [n, n]);
  let best = Infinity;
  try {
    // The first run compiles shaders and is not counted, unless it is the only one.
    for (let i = 0; i < Math.max(repetitions, 2); i++) {
      const start = performance.now();
      const result = (await session.run({ [a]: input }))[y]!.data as Float32Array;
      if (result.some((v) => v !== 4 * n))
        throw new OrzError(
          'ORZ_BACKEND_SELF_TEST',
          `Failed: a matrix product on ${device.provider} gave ${result[0]}, not ${4 * n}`,
        );
      if (i > 0) best = Math.min(best, performance.now() - start);
    }
  } finally {
    await session.release();
  }
  return best;
}
