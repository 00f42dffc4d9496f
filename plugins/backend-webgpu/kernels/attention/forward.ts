import type { Node } from '../../../../core/compute/tensor/graph.js';
import type { Kernel } from '../../lower/kernel.js';
import type { Target } from '../../lower/unit.js';
import type { Value } from '../../lower/value.js';
import { directAttention } from './direct-forward.js';
import { attentionShape } from './shape.js';
import { tiledAttention } from './tiled-forward.js';
import { chooseTiling } from './tiling.js';

/** Segment-causal attention with the running maximum and sum of online softmax (Milakov & Gimelshein 2018): no matrix of scores exists. */
export function attention(node: Node, inputs: readonly Value[], outputs: readonly Value[], target: Target): Kernel[] {
  const s = attentionShape(node),
    tiling = chooseTiling(target, s.width, 1);
  return [tiling ? tiledAttention(s, tiling, inputs, outputs[0]!) : directAttention(s, inputs, outputs[0]!)];
}
