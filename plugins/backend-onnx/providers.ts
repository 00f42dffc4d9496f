import { existsSync, readdirSync } from 'node:fs';
import type { OnnxDevice } from './device.js';
import { unavailableProvider, wrongProduct } from './errors.js';
import { ModelBuilder } from './model/builder.js';
import { providerNames, type ProviderName } from './settings.js';

/** How much faster than the CPU a GPU must multiply matrices before `auto` picks it: small differences are noise. */
const worthwhile = 1.5;

/** A device, and why it was chosen. */
interface Choice {
  readonly device: OnnxDevice;
  readonly notes: string[];
}

export type DeviceOf = (provider: ProviderName) => OnnxDevice;

/** The device for a setting. ORZ_BACKEND_PROVIDER if an explicit provider does not work here. */
export async function chooseDevice(setting: ProviderName | 'auto', deviceOf: DeviceOf): Promise<Choice> {
  if (setting === 'auto') return chooseFastest(deviceOf);
  const failure = await probe(deviceOf(setting));
  if (failure === undefined) return { device: deviceOf(setting), notes: [] };
  const working: string[] = [];
  for (const name of candidates())
    if (name !== setting && (await probe(deviceOf(name))) === undefined) working.push(name);
  throw unavailableProvider(setting, failure, working);
}

/** Undefined if a session on this provider gives the right result, else what went wrong. */
async function probe(device: OnnxDevice): Promise<string | undefined> {
  try {
    await timeProduct(device, 8, 1);
    return undefined;
  } catch (error) {
    return firstLine(withoutStack((error as Error).message));
  }
}

/** ONNX Runtime puts source locations before its own words, which begin with "Failed". */
const withoutStack = (message: string): string => message.slice(Math.max(0, message.lastIndexOf('Failed')));
const firstLine = (text: string): string => text.replace(/\n[^]*/, '');

/** Times a matrix product on each provider that may be present: a name does not tell what a machine is fast at. */
async function chooseFastest(deviceOf: DeviceOf): Promise<Choice> {
  const times: { name: ProviderName; ms: number }[] = [];
  for (const name of candidates()) {
    if (name !== 'cpu' && (await probe(deviceOf(name))) === undefined)
      times.push({ name, ms: await timeProduct(deviceOf(name), 1024, 3) });
  }
  if (times.length === 0) return { device: deviceOf('cpu'), notes: ['auto: cpu, because no GPU provider works here'] };
  const cpu = await timeProduct(deviceOf('cpu'), 1024, 3);
  const best = times.reduce((a, b) => (b.ms < a.ms ? b : a));
  const measured = [...times, { name: 'cpu', ms: cpu }].map(({ name, ms }) => `${name} ${ms.toFixed(1)} ms`).join(', ');
  const name = best.ms * worthwhile < cpu ? best.name : 'cpu';
  return {
    device: deviceOf(name),
    notes: [`auto: ${name}, the fastest at a product of two 1024 × 1024 matrices (${measured})`],
  };
}

/**
 * Providers worth asking. On Linux a GPU has a device file; where there is none, asking would make the GPU libraries
 * print warnings, and would find software renderers that are a hundred times slower than the CPU provider.
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
    // The first execution compiles shaders and is not counted, unless it is the only one.
    for (let i = 0; i < Math.max(repetitions, 2); i++) {
      const start = performance.now();
      const product = (await session.run({ [a]: input }))[y]?.data as Float32Array | undefined;
      if (product?.every((value) => value === 4 * n) !== true) throw wrongProduct(device.provider, product?.[0], 4 * n);
      if (i > 0) best = Math.min(best, performance.now() - start);
    }
  } finally {
    await session.release();
  }
  return best;
}
