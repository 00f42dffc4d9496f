/// <reference types="@webgpu/types" />
import type { GpuLibrary } from './gpu-library.js';

/** What the npm package `webgpu` (Dawn) exports; it has no types of its own without global declarations. */
export interface DawnPackage {
  readonly create: (options: string[]) => GPU;
}

/**
 * Kernels check what is not fixed in a program (ids, lengths, indices) themselves and use no workgroup memory that they
 * have not written: a second check of every access, and zeros in that memory, would only take time. Matrix units of
 * subgroups are experimental, so Dawn counts them among the unsafe APIs.
 */
const options: readonly string[] = ['enable-dawn-features=disable_robustness,disable_workgroup_init,allow_unsafe_apis'];

/** By the card they are restricted to; never freed, as Dawn's devices use their instance without keeping it alive. */
const instances = new Map<string, GPU>();

/** WebGPU by Dawn. A power preference finds one adapter of all; a name finds any of them. */
export function dawnLibrary({ create }: DawnPackage): GpuLibrary {
  const instanceFor = (card: string): GPU => {
    const gpu = instances.get(card) ?? create(card === '' ? [...options] : [...options, `adapter=${card}`]);
    instances.set(card, gpu);
    return gpu;
  };
  return {
    name: 'Dawn',
    gpu: instanceFor(''),
    cards: () => listCards(create([`adapter=${unknownCard}`])),
    ofCard: instanceFor,
  };
}

const unknownCard = 'a name that no card has';

/** Dawn lists the cards only when it is asked for one that does not exist. */
async function listCards(gpu: GPU): Promise<string[]> {
  try {
    await gpu.requestAdapter();
    return [];
  } catch (error) {
    return [...(error as Error).message.matchAll(/name: '(.*)'$/gm)].flatMap(([, name]) =>
      name === undefined ? [] : [name],
    );
  }
}
