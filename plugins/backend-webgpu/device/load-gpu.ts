/// <reference types="@webgpu/types" />
import { OrzError } from '../../../core/errors.js';
import { dawnLibrary, type DawnPackage } from './dawn.js';

/** The WebGPU of this platform, by name. */
export interface GpuLibrary {
  readonly gpu: GPU;
  readonly name: string;
  /** Names of all graphics cards, where they can be listed. */
  readonly cards?: () => Promise<readonly string[]>;
  /** The same library with this card as its only adapter. */
  readonly ofCard?: (card: string) => GPU;
}

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
    throw new OrzError('ORZ_BACKEND_PROVIDER', 'this browser has no WebGPU', {
      allowed: 'a browser with navigator.gpu, on a page served over https or from localhost',
      remedy: 'use a current Chrome, Edge, Safari or Firefox; see docs/backends.md',
    });
  }
  try {
    return dawnLibrary(await load());
  } catch (cause) {
    throw new OrzError(
      'ORZ_BACKEND_PROVIDER',
      `the package "webgpu" cannot be loaded: ${(cause as Error).message.split('\n')[0]}`,
      {
        value: 'webgpu',
        origin: 'backend.type',
        remedy: 'install it (npm install webgpu@0.6.2), or use --set backend.type=onnx',
        cause,
      },
    );
  }
}
