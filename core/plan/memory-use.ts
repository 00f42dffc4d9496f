import type { MemoryPlan } from './types.js';

/**
 * Where the tensors of a run are: in the memory of the machine; in that of a GPU; or in that of the machine, from which
 * they cross the bus to a GPU for each program.
 */
export type TensorPlace = 'host' | 'gpu' | 'host, computed on gpu';

/** Bytes that a run takes of each memory; 0 of what it does not use. */
export interface MemoryNeeds {
  readonly host: number;
  readonly gpu: number;
}

/** Of the process itself: Node, a tensor library, the problems. */
export const processBytes = 0.4e9;

/** Of free memory, what a run may plan with: estimates err, and others want some, too. */
export const usableShare = 0.9;

export function memoryNeeds({ peak, responses, activations }: MemoryPlan, place: TensorPlace): MemoryNeeds {
  if (place === 'gpu') return { host: processBytes + responses, gpu: peak - responses };
  return { host: processBytes + peak, gpu: place === 'host' ? 0 : activations };
}
