/**
 * The part of a `GPUAdapter` that describes it. Browsers say little, and older ones (Chrome before 127) nothing. Stated
 * here, because the types of WebGPU are not there for whoever imports this package in Node.
 */
export interface DescribedAdapter {
  readonly info?: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
    readonly isFallbackAdapter?: boolean;
  };
}

/** The name by which an adapter is shown and chosen. */
export function adapterName({ info }: DescribedAdapter): string {
  const text = info?.description || [info?.vendor, info?.architecture, info?.device].filter(Boolean).join(' ');
  return text || 'unnamed adapter';
}

const softwareAdapters = ['swiftshader', 'llvmpipe', 'lavapipe', 'basic render'];

/** Whether the adapter computes on the processor, where workgroups gain nothing. */
export function isSoftware({ info }: DescribedAdapter): boolean {
  const text = `${info?.architecture} ${info?.description} ${info?.device}`.toLowerCase();
  return info?.isFallbackAdapter === true || softwareAdapters.some((name) => text.includes(name));
}
