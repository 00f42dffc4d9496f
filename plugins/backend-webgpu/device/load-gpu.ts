/// <reference types="@webgpu/types" />
import { OrzError } from '../../../core/errors.js';

/** The WebGPU of this platform, by name. */
export interface GpuLibrary {
  readonly gpu: GPU;
  readonly name: string;
}

/** What the npm package `webgpu` (Dawn) exports; it has no types of its own without global declarations. */
export interface DawnPackage { readonly create: (options: string[]) => GPU }

/** A name that bundlers do not follow: in a browser it is never imported. */
const dawnPackage = 'webgpu';
const importDawn = async (): Promise<DawnPackage> => (await import(/* @vite-ignore */ dawnPackage)) as DawnPackage;

/**
 * `navigator.gpu` where there is one (a browser, a worker), else Dawn from the optional npm package. ORZ_BACKEND_PROVIDER with the
 * command that helps if neither exists.
 */
export async function loadGpu(load: () => Promise<DawnPackage> = importDawn): Promise<GpuLibrary> {
  const { gpu } = (globalThis as { navigator?: { gpu?: GPU } }).navigator ?? {};
  if (gpu) return { gpu, name: 'browser' };
  if (!('process' in globalThis)) {
    throw new OrzError('ORZ_BACKEND_PROVIDER', 'this browser has no WebGPU', { allowed: 'a browser with navigator.gpu, on a page served over https or from localhost', remedy: 'use a current Chrome, Edge, Safari or Firefox; see docs/backends.md' });
  }
  try {
    dawnGpu ??= (await load()).create(dawnOptions);
  } catch (cause) {
    throw new OrzError('ORZ_BACKEND_PROVIDER', `the package "webgpu" cannot be loaded: ${(cause as Error).message.split('\n')[0]}`, {
      value: 'webgpu', origin: 'backend.type', remedy: 'install it (npm install webgpu@0.6.2), or use --set backend.type=onnx', cause,
    });
  }
  return { gpu: dawnGpu, name: 'Dawn' };
}

/**
 * Kernels check what is not fixed in a program (ids, lengths, places) themselves, so that a second check of every access would only take time.
 * Matrix units of subgroups are an experiment, which Dawn counts among the unsafe.
 */
const dawnOptions = ['enable-dawn-features=disable_robustness,allow_unsafe_apis'];

/** One for the process, and for ever: Dawn's devices use it without keeping it alive. */
let dawnGpu: GPU | undefined;
