/// <reference types="@webgpu/types" />

/** An implementation of WebGPU, by name. */
export interface GpuLibrary {
  readonly gpu: GPU;
  /** `Dawn` or `browser`. */
  readonly name: string;
  /** Names of all graphics cards, where they can be listed. */
  readonly cards?: () => Promise<readonly string[]>;
  /** The same library with this card as its only adapter. */
  readonly ofCard?: (card: string) => GPU;
}
