import type { RunConfig } from '../../core/config/schema.js';
import { memoryNeeds, usableShare, type TensorPlace } from '../../core/plan/memory-use.js';
import type { MemoryPlan } from '../../core/plan/types.js';
import { formatBytes } from '../../core/plan/units.js';
import type { Gpu } from './gpu.js';
import type { Machine } from './machine.js';

/** A memory that a run needs: how much of it, and how much it may take. */
export interface MemoryUse {
  readonly of: 'host' | 'gpu';
  readonly needed: number;
  readonly free: number;
  /** Less than what is free: a margin is left. */
  readonly usable: number;
  /** In words. */
  readonly where: string;
}

/** Where tensors are, as far as the configuration tells; `auto` of ONNX Runtime keeps them in the host's memory. */
export function tensorPlace({ backend: { type, provider } }: RunConfig): TensorPlace {
  if (type === 'webgpu') return 'gpu';
  return type === 'onnx' && (provider === 'cuda' || provider === 'webgpu') ? 'host, computed on gpu' : 'host';
}

/** Each memory that a run needs and whose size is known. */
export function memoryUses(memory: MemoryPlan, place: TensorPlace, { machine, gpu }: Memories): MemoryUse[] {
  const needs = memoryNeeds(memory, place);
  const host = machine.freeMemoryBytes;
  const uses: MemoryUse[] = [{ of: 'host', needed: needs.host, ...available(host, machine.memoryOf) }];
  if (needs.gpu > 0 && gpu)
    uses.push({ of: 'gpu', needed: needs.gpu, ...available(gpu.freeBytes, `memory of the GPU, ${gpu.name}`) });
  return uses;
}

interface Memories {
  readonly machine: Machine;
  readonly gpu?: Gpu | undefined;
}

const available = (free: number, of: string): Pick<MemoryUse, 'free' | 'usable' | 'where'> => ({
  free,
  usable: usableShare * free,
  where: `free ${of}, less a tenth`,
});

/** The use that lacks most; undefined if all fit. */
export const worstUse = (uses: readonly MemoryUse[]): MemoryUse | undefined =>
  uses.filter(({ needed, usable }) => needed > usable).sort((a, b) => b.needed - b.usable - (a.needed - a.usable))[0];

/** `about 0.5 of 25.3 GB free memory of this machine`, for each memory. */
export function describeUses(uses: readonly MemoryUse[], place: TensorPlace): string {
  const known = uses.map(({ needed, free, where }) => {
    const [of] = where.replace('free ', '').split(', less');
    return `${formatBytes(needed)} of ${formatBytes(free)} free ${of}`;
  });
  const unknown = place !== 'host' && !uses.some(({ of }) => of === 'gpu');
  return [...known, ...(unknown ? [unknownGpu(place)] : [])].join('; ');
}

const unknownGpu = (place: TensorPlace): string =>
  place === 'gpu'
    ? 'how much the GPU has is not known: WebGPU does not tell'
    : 'how much the GPU has is not known: nvidia-smi does not tell';
