import type { Node } from '../../../core/compute/tensor/graph.js';
import type { Kernel } from '../lower/kernel.js';
import type { Target } from '../lower/target.js';
import type { Value } from '../lower/value.js';
import { attention } from './attention/forward.js';
import { attentionGradient } from './attention/gradient.js';
import { categorical } from './categorical.js';
import { decodeAttention } from './attention/decode.js';
import { toBf16 } from './storage.js';
import { adamW, cacheWrite, scatterAddRows } from './update.js';

/** Kernels of one operation whose inputs are in memory, in order of execution. */
export type KernelOperation = (
  node: Node,
  inputs: readonly Value[],
  outputs: readonly Value[],
  target: Target,
) => readonly Kernel[];

/**
 * Operations with kernels of their own. The lowering makes those of products, reductions and what is element-wise;
 * `rotary` is one of the latter.
 */
export const kernelOperations: Readonly<Record<string, KernelOperation>> = {
  attention,
  attentionGradient,
  decodeAttention,
  categorical,
  adamW,
  cacheWrite,
  scatterAddRows,
  toBf16,
};
