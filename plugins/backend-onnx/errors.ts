import { OrzError } from '../../core/errors.js';
import { formatType, type TensorType } from '../../core/compute/tensor/types.js';
import type { ProviderName } from './settings.js';

const report = 'Report it with the message and the command you ran.';

/** For a program that cannot be submitted to this backend (any more). */
export const unusableProgram = (label: string): OrzError =>
  new OrzError('ORZ_PROGRAM_INPUT', `Program "${label}" was released, or belongs to another backend`, {
    value: label,
    remedy: 'Compile it on the backend it is submitted to, and release it after its last use.',
  });

export const foreignBuffer = (): OrzError =>
  new OrzError('ORZ_PROGRAM_INPUT', 'A buffer belongs to another backend', {
    remedy: 'Create it on the backend that uses it.',
  });

export const consumedBuffer = (type: TensorType): OrzError =>
  new OrzError('ORZ_BUFFER_CONSUMED', `A buffer ${formatType(type)} was used after it was released or donated`, {
    value: formatType(type),
    remedy: 'Use the output that replaces a donated input.',
  });

/** For a tensor whose memory or elements should exist at this point of a program. */
export const missingTensor = (tensor: string): OrzError =>
  new OrzError('ORZ_INTERNAL', `The onnx backend has no data for ${tensor}`, { value: tensor, remedy: report });

export const failedExecution = (label: string, provider: string, cause: unknown): OrzError =>
  new OrzError('ORZ_INTERNAL', `Program "${label}" failed in ONNX Runtime: ${(cause as Error).message}`, {
    origin: `onnx (${provider})`,
    cause,
    remedy: report,
  });

export const rejectedModel = (label: string, provider: string, cause: unknown): OrzError =>
  new OrzError('ORZ_INTERNAL', `ONNX Runtime rejects the model of program "${label}": ${(cause as Error).message}`, {
    origin: `onnx (${provider})`,
    cause,
    remedy: report,
  });

/** For an operation without a lowering; `known` are those that have one. */
export const unknownOperation = (name: string, known: readonly string[]): OrzError =>
  new OrzError('ORZ_GRAPH_INVALID', `Unknown operation "${name}"`, {
    value: name,
    allowed: known,
    remedy: 'Define it in terms of these (`decompose`).',
  });

/** For row `id` of a table of `rows` rows, asked for by `operation`. */
export const idOutOfRange = (operation: string, id: number, rows: number): OrzError =>
  new OrzError('ORZ_PROGRAM_INPUT', `"${operation}" got an id out of range`, {
    value: id,
    allowed: `0 … ${rows - 1}`,
    remedy: 'Check that the token ids belong to the vocabulary of the model.',
  });

/** For a flat index past the `tokens` tokens that a cache holds. */
export const indexBeyondCache = (index: number, tokens: number): OrzError =>
  new OrzError('ORZ_PROGRAM_INPUT', '"cacheWrite" got an index beyond the cache', {
    value: index,
    allowed: `below ${tokens}`,
    remedy: report,
  });

const providerRemedies: Readonly<Record<ProviderName, string>> = {
  cpu: 'Reinstall ONNX Runtime: `npx orz-train setup`.',
  cuda:
    'CUDA needs an NVIDIA GPU with its driver, CUDA and cuDNN, and the CUDA libraries of ONNX Runtime, ' +
    'which `npx orz-train setup --cuda` fetches. See docs/backends.md.',
  webgpu:
    'WebGPU needs a GPU with a Vulkan (Linux: libvulkan1 and a driver), Metal or Direct3D 12 driver. ' +
    'See docs/backends.md.',
};

/** For an execution provider that does not work here; `working` are the others that do. */
export const unavailableProvider = (provider: ProviderName, reason: string, working: readonly string[]): OrzError =>
  new OrzError('ORZ_BACKEND_PROVIDER', `ONNX Runtime has no working provider "${provider}" here: ${reason}`, {
    value: provider,
    allowed: ['auto', ...working],
    origin: 'backend.provider',
    remedy: providerRemedies[provider],
  });

/** The processor is what works everywhere; where it fails itself, only another library is left. */
const otherThan = (device: string): string =>
  device === 'cpu' ? 'Use another backend: --set backend=reference' : 'Use the processor: --set backend.provider=cpu';

/** For a provider whose test product has `got` where `expected` is right. */
export const wrongProduct = (provider: string, got: number | undefined, expected: number): OrzError =>
  new OrzError('ORZ_BACKEND_SELF_TEST', `A matrix product on ${provider} gave ${got}, not ${expected}`, {
    value: got,
    allowed: String(expected),
    remedy: otherThan(provider),
  });

export interface WrongResult {
  readonly device: string;
  /** Output of the self-test program. */
  readonly output: string;
  readonly got: readonly number[];
  readonly expected: readonly number[];
}

/** For a provider that fails the self-test. */
export const wrongResult = ({ device, output, got, expected }: WrongResult): OrzError =>
  new OrzError('ORZ_BACKEND_SELF_TEST', `The ${device} provider of ONNX Runtime computes "${output}" wrongly`, {
    value: got,
    allowed: `[${expected.join(', ')}]`,
    remedy: `Report this with the version of ONNX Runtime and the device. ${otherThan(device)}`,
  });

/** For ONNX Runtime that is not in `folder`. */
export const runtimeNotInstalled = (folder: string): OrzError =>
  new OrzError('ORZ_PLUGIN_MISSING', 'The onnx backend needs ONNX Runtime, which is not installed', {
    value: 'onnxruntime-node',
    origin: folder,
    remedy: 'Run `npx orz-train setup` with a network, once. Or choose another backend: --set backend.type=reference',
  });

export interface UnloadableRuntime {
  readonly entry: string;
  readonly version: string;
  /** Folder it was installed in. */
  readonly folder: string;
  readonly cause: unknown;
}

/** For ONNX Runtime that is installed but does not load on this system. */
export const runtimeNotLoadable = ({ entry, version, folder, cause }: UnloadableRuntime): OrzError =>
  new OrzError('ORZ_PLUGIN_MISSING', 'ONNX Runtime is installed but cannot be loaded', {
    value: `onnxruntime-node ${version} on ${process.platform}-${process.arch}`,
    origin: entry,
    cause,
    remedy:
      `Reinstall it: remove ${folder}/node_modules and run \`npx orz-train setup\`. ` +
      'If it still fails, ONNX Runtime does not support this system: choose another backend.',
  });

/** For a module that lies outside the package. */
export const packageRootNotFound = (module: string): OrzError =>
  new OrzError('ORZ_INTERNAL', 'The package root of open-reasoner-zero was not found', {
    value: module,
    remedy: report,
  });
