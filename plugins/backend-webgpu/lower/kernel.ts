import type { Value } from './value.js';
import type { KernelSource } from '../kernels/source.js';

/** Workgroups along each axis. */
export type Workgroups = readonly [number, number, number];

/** How a kernel reads a value: at its own element only, so that its output may take over the memory, or anywhere. */
export type Access = 'own element' | 'anywhere';

/** One dispatch: what it reads and writes, and how its WGSL is made once it is known which values share memory. */
export interface Kernel {
  /** For traces, profiles and error messages, for example `matmul 64x896x896`. */
  readonly label: string;
  readonly reads: ReadonlyMap<Value, Access>;
  /** Values that come into being here, or, if also read at their own element, are changed in place. */
  readonly writes: readonly Value[];
  readonly workgroups: Workgroups;
  /** Set if each invocation computes one of so many elements ({@link KernelSource.perElement}): then it can run part by part where tensors are split over buffers. */
  readonly elements?: number;
  /** Completes the shader: declares bindings on `source` and gives its entry point. */
  write(source: KernelSource): void;
}

/** Buffers that a tensor of so many elements lies in. */
export const buffersOf = (elements: number, largestBuffer: number): number => Math.ceil((4 * elements) / largestBuffer);

/** Buffers that a kernel binds for the values it reads and writes; one that runs part by part, over so many `elements`, binds only one of each that it touches at its own element. */
export function bindingsOf(
  reads: ReadonlyMap<Value, Access>,
  writes: readonly Value[],
  largestBuffer: number,
  elements = 0,
): number {
  const byPart = buffersOf(elements, largestBuffer) > 1;
  const all = new Map<Value, Access>([...writes.map((value) => [value, 'own element'] as const), ...reads]);
  let count = 0;
  for (const [value, access] of all)
    count += byPart && access === 'own element' ? 1 : buffersOf(value.size, largestBuffer);
  return count;
}

/** Largest number of workgroups along one axis that every device has. */
export const maxWorkgroups = 65_535;

/** Workgroups for `count` items along one axis, folded into two where one is too short; the shader takes x + y · {@link maxWorkgroups}. */
export const gridOf = (count: number): Workgroups =>
  count <= maxWorkgroups ? [count, 1, 1] : [maxWorkgroups, Math.ceil(count / maxWorkgroups), 1];
