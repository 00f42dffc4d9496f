/// <reference types="@webgpu/types" />
import { OrzError } from '../../../core/errors.js';

/** The WebGPU of this platform, by name. */
export interface GpuLibrary {
  readonly gpu: GPU;
  readonly name: string;
}

/** What the npm package `webgpu` (Dawn) exports; it has no types of its own without global declarations. */
interface DawnPackage { readonly create: (options: readonly string[]) => GPU; readonly globals: Readonly<Record<string, unknown>> }

const dawnPackage = 'webgpu';

/**
 * `navigator.gpu` where there is one (a browser, a worker), else Dawn from the optional npm package. `options` are Dawn's, for example
 * `adapter=SwiftShader`. ORZ_BACKEND_PROVIDER with the command that helps if neither exists.
 */
export async function loadGpu(options: readonly string[] = []): Promise<GpuLibrary> {
  const { gpu } = (globalThis as { navigator?: { gpu?: GPU } }).navigator ?? {};
  if (gpu) return { gpu, name: 'browser' };
  if (!('process' in globalThis)) {
    throw new OrzError('ORZ_BACKEND_PROVIDER', 'this browser has no WebGPU', { allowed: 'a browser with navigator.gpu, on a page served over https or from localhost', remedy: 'use a current Chrome, Edge, Safari or Firefox; see docs/backends.md' });
  }
  let dawn: DawnPackage;
  try {
    // A name that bundlers do not follow: in a browser this line is never reached.
    dawn = (await import(/* @vite-ignore */ dawnPackage)) as DawnPackage;
  } catch (cause) {
    throw new OrzError('ORZ_BACKEND_PROVIDER', `the package "webgpu" cannot be loaded: ${(cause as Error).message.split('\n')[0]}`, {
      value: 'webgpu', origin: 'backend.type', remedy: 'install it (npm install webgpu@0.6.2), or use --set backend.type=onnx', cause,
    });
  }
  dawnGpu ??= dawn.create([...options]);
  return { gpu: dawnGpu, name: 'Dawn' };
}

/** One for the process, and for ever: Dawn's devices use it without keeping it alive. */
let dawnGpu: GPU | undefined;
