import { elementAt } from '../../../../core/arrays.js';
import type { Node } from '../../../../core/compute/tensor/graph.js';
import type { Kernel } from '../../lower/kernel.js';
import type { Target } from '../../lower/target.js';
import type { Value } from '../../lower/value.js';
import { directAttention } from './direct-forward.js';
import { attentionInputs, attentionShape } from './shape.js';
import { tiledAttention } from './tiled-forward.js';
import { chooseTiling } from './tiling.js';

/**
 * Segment-causal attention with the running maximum and sum of online softmax (Milakov & Gimelshein 2018): no matrix of
 * scores exists.
 */
export function attention(node: Node, inputs: readonly Value[], outputs: readonly Value[], target: Target): Kernel[] {
  const s = attentionShape(node),
    tiling = chooseTiling(target, s.width, 1),
    values = attentionInputs(inputs),
    output = elementAt(outputs, 0);
  return [tiling ? tiledAttention(s, tiling, values, output) : directAttention(s, values, output)];
}
