import type { Node } from '../../../../core/compute/tensor/graph.js';
import type { Kernel } from '../../lower/kernel.js';
import type { Target } from '../../lower/unit.js';
import { temporary, type Value } from '../../lower/value.js';
import { directKeyGradient, directQueryGradient } from './direct-gradient.js';
import { attentionShape } from './shape.js';
import { tiledKeyGradient } from './tiled-key-gradient.js';
import { tiledQueryGradient } from './tiled-query-gradient.js';
import { chooseTiling } from './tiling.js';

/**
 * Gradients of segment-causal attention without a matrix of weights, after FlashAttention (Dao et al. 2022): the weights are computed
 * again from each query's log-sum of exponentials. First dq, with that sum and the mean gradient of the query's weights; then dk and
 * dv, adding up over the queries that see a key in their order, so that no atomics are needed.
 */
export function attentionGradient(
  node: Node,
  inputs: readonly Value[],
  [dq, dk, dv]: readonly Value[],
  target: Target,
): Kernel[] {
  const s = attentionShape(node),
    tiling = chooseTiling(target, s.width, 2);
  const statistics = temporary(`${dq!.name} statistics`, 2 * s.rows * s.length * s.heads),
    keys = { dk: dk!, dv: dv! };
  return tiling
    ? [tiledQueryGradient(s, tiling, inputs, dq!, statistics), tiledKeyGradient(s, tiling, inputs, keys, statistics)]
    : [directQueryGradient(s, inputs, dq!, statistics), directKeyGradient(s, inputs, keys, statistics)];
}
