/// <reference types="@webgpu/types" />
import { dawnLibrary, type DawnPackage } from './dawn.js';
import { browserWithoutWebGpu, packageNotLoadable } from './errors.js';
import type { GpuLibrary } from './gpu-library.js';

/** In a variable, so that bundlers do not follow the import: a browser never loads it. */
const dawnPackage = 'webgpu';
const importDawn = async (): Promise<DawnPackage> => (await import(/* @vite-ignore */ dawnPackage)) as DawnPackage;

/**
 * `navigator.gpu` where there is one (a browser, a worker), else Dawn from the optional npm package.
 * ORZ_BACKEND_PROVIDER with the command that helps if neither exists.
 */
export async function loadGpu(load: () => Promise<DawnPackage> = importDawn): Promise<GpuLibrary> {
  const { gpu } = (globalThis as { navigator?: { gpu?: GPU } }).navigator ?? {};
  if (gpu) return { gpu, name: 'browser' };
  if (!('process' in globalThis)) throw browserWithoutWebGpu();
  try {
    return dawnLibrary(await load());
  } catch (cause) {
    throw packageNotLoadable(dawnPackage, cause as Error);
  }
}
