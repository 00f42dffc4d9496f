import type { KernelSource } from '../kernels/source.js';
import { buffersOf, type Workgroups } from './dispatch.js';
import type { Value } from './value.js';

/** How a kernel reads a value: at its own element only, so that its output may overwrite it, or anywhere. */
export type Access = 'own element' | 'anywhere';

/** One dispatch: what it reads and writes, and how its WGSL is made once it is known which values share memory. */
export interface Kernel {
  /** For traces, profiles and error messages, for example `matmul 64x896x896`. */
  readonly label: string;
  readonly reads: ReadonlyMap<Value, Access>;
  /** Values that are made here, or, if also read at their own element, are changed in place. */
  readonly writes: readonly Value[];
  readonly workgroups: Workgroups;
  /**
   * Set if each invocation computes one of so many elements ({@link KernelSource.perElement}): then it can be
   * dispatched part by part where tensors are split over buffers.
   */
  readonly elements?: number;
  /** Completes the shader: declares bindings on `source` and gives its entry point. */
  write(source: KernelSource): void;
}

/** Reads of `values`, each anywhere. */
export const readAnywhere = (values: readonly Value[]): Map<Value, Access> =>
  new Map(values.map((value) => [value, 'anywhere']));

/** What a kernel touches; `elements` as in {@link Kernel}. */
export interface Footprint {
  readonly reads: ReadonlyMap<Value, Access>;
  readonly writes: readonly Value[];
  readonly elements?: number;
}

/**
 * Number of buffers that a kernel binds for the values it reads and writes; one that is dispatched part by part binds
 * only one of each that it touches at its own element.
 */
export function bindingsOf({ reads, writes, elements = 0 }: Footprint, largestBuffer: number): number {
  const isSplit = buffersOf(elements, largestBuffer) > 1;
  const all = new Map<Value, Access>([...writes.map((value) => [value, 'own element'] as const), ...reads]);
  let count = 0;
  for (const [value, access] of all)
    count += isSplit && access === 'own element' ? 1 : buffersOf(value.size, largestBuffer);
  return count;
}
