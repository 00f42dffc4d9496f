/// <reference types="@webgpu/types" />
import { OrzError } from '../../../core/errors.js';

const reportDevice = 'Report it with the name of the device.';

export const browserWithoutWebGpu = (): OrzError =>
  new OrzError('ORZ_BACKEND_PROVIDER', 'This browser has no WebGPU', {
    allowed: 'a browser with navigator.gpu, on a page served over https or from localhost',
    remedy:
      'Use a current Chrome, Edge, Safari or Firefox; see docs/backends.md. Or choose the backend reference, which ' +
      'computes on the CPU, slowly.',
  });

/** For the optional npm package with WebGPU for Node. */
export const packageNotLoadable = (name: string, cause: Error): OrzError =>
  new OrzError('ORZ_BACKEND_PROVIDER', `The package "${name}" cannot be loaded: ${cause.message.split('\n')[0]}`, {
    value: name,
    origin: 'backend.type',
    remedy: 'Install it (npm install webgpu@0.6.2), or use --set backend.type=onnx',
    cause,
  });

/** For a library that finds no adapter; see no-adapter.ts for `reason` and `remedy`. */
export const adapterNotFound = (library: string, reason: string, remedy: string): OrzError =>
  new OrzError('ORZ_BACKEND_PROVIDER', `WebGPU (${library}) finds no adapter on this machine: ${reason}`, {
    origin: 'backend.type',
    remedy,
  });

/** For a wanted adapter whose name none has; `cards` are the names there are. */
export const unknownAdapter = (library: string, wanted: string, cards: readonly string[]): OrzError =>
  new OrzError('ORZ_BACKEND_PROVIDER', `WebGPU (${library}) has no adapter named "${wanted}"`, {
    value: wanted,
    allowed: [...new Set(cards)],
    origin: 'backend.adapter',
    remedy: 'Leave backend.adapter empty, or give a part of one of these names.',
  });

/** For an adapter that does not give a device. */
export const deviceRefused = (adapter: string, cause: Error): OrzError =>
  new OrzError('ORZ_BACKEND_PROVIDER', `The adapter "${adapter}" gives no device: ${cause.message}`, {
    origin: 'backend.adapter',
    remedy: 'Close other programs that use the GPU, or update its driver.',
    cause,
  });

/**
 * For memory that the device does not have.
 * @param bytes of the buffer that did not fit, if known
 */
export const outOfMemory = (message: string, bytes?: number): OrzError =>
  new OrzError('ORZ_INSUFFICIENT', message, {
    value: bytes,
    origin: 'webgpu',
    remedy:
      'Lower engine.microBatchTokens or engine.maxSlots, choose a smaller model, or use a device with more memory.',
  });

/** What became of a GPU device. */
export interface DeviceLoss {
  readonly device: string;
  readonly reason: string;
  readonly message: string;
}

/** For a device that was lost; `attempt` says what was to be done with it. */
export const lostDevice = ({ device, reason, message }: DeviceLoss, attempt?: string): OrzError =>
  new OrzError('ORZ_BACKEND_PROVIDER', sentence(`The WebGPU device "${device}" was lost`, message, attempt), {
    value: reason,
    origin: 'webgpu',
    remedy:
      'Checkpoints are as they were: continue from the last one. If it happens again, update the driver or lower ' +
      'engine.microBatchTokens.',
  });

/** For work after disposal; `attempt` says what was to be done. */
export const disposedBackend = (device: string, attempt?: string): OrzError =>
  new OrzError('ORZ_BACKEND_PROVIDER', sentence('The WebGPU backend was disposed', attempt), {
    value: device,
    origin: 'webgpu',
    remedy: 'Create a new one.',
  });

const sentence = (...parts: readonly (string | undefined)[]): string => parts.filter(Boolean).join('; ');

/** For a device that is not lost and yet does not return results. */
export const unresponsiveDevice = (device: string, attempt: string, cause: Error): OrzError =>
  new OrzError('ORZ_INTERNAL', `The WebGPU device "${device}" does not answer: ${cause.message}; ${attempt}`, {
    origin: 'webgpu',
    remedy: reportDevice,
    cause,
  });

/** For an error that the device reports without being asked. */
export const deviceFault = (message: string): OrzError =>
  new OrzError('ORZ_INTERNAL', message, { origin: 'webgpu', remedy: reportDevice });

export interface ShaderFault {
  readonly label: string;
  readonly code: string;
  /** Errors of the compiler, the first one first. */
  readonly messages: readonly GPUCompilationMessage[];
  readonly cause: Error;
}

/** For a kernel that does not compile: with the compiler's message and the line it means. */
export function shaderError({ label, code, messages, cause }: ShaderFault): OrzError {
  const [first] = messages;
  const line = first && code.split('\n')[first.lineNum - 1]?.trim();
  const where = first ? `line ${first.lineNum}: ${first.message}; "${line}"` : cause.message;
  return new OrzError('ORZ_INTERNAL', `The WebGPU kernel "${label}" does not compile: ${where}`, {
    value: label,
    origin: 'webgpu',
    remedy: reportDevice,
    cause,
  });
}

export const noTimestamps = (): OrzError =>
  new OrzError('ORZ_BACKEND_PROVIDER', 'This device has no timestamps, so kernels cannot be timed', {
    value: 'timestamp-query',
    origin: 'webgpu',
    remedy: 'Time whole programs instead.',
  });

/** For a program of more kernels than a profile can hold. */
export const tooManyKernels = (kernels: number, maximum: number): OrzError =>
  new OrzError('ORZ_INTERNAL', `A program of ${kernels} kernels is too long to be profiled`, {
    value: kernels,
    allowed: `at most ${maximum}`,
    remedy: 'Profile smaller programs, for example with --set engine.programs=blocks',
  });
