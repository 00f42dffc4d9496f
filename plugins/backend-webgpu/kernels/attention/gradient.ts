import type { Node } from '../../../../core/compute/tensor/graph.js';
import type { Kernel } from '../../lower/kernel.js';
import type { Target } from '../../lower/target.js';
import { temporary, type Value } from '../../lower/value.js';
import { directKeyGradient, directQueryGradient } from './direct-gradient.js';
import { attentionShape, gradientInputs, queryCount } from './shape.js';
import { tiledKeyGradient } from './tiled-key-gradient.js';
import { tiledQueryGradient } from './tiled-query-gradient.js';
import { chooseTiling } from './tiling.js';

/**
 * Gradients of segment-causal attention without a matrix of weights, after FlashAttention (Dao et al. 2022): the
 * weights are computed again from each query's log-sum of exponentials. First dq, with that sum and the mean gradient
 * of the query's weights; then dk and dv, adding up over the queries that see a key in their order, so that no atomics
 * are needed.
 */
export function attentionGradient(
  node: Node,
  inputs: readonly Value[],
  outputs: readonly Value[],
  target: Target,
): Kernel[] {
  const [dq, dk, dv] = outputs as [Value, Value, Value];
  const s = attentionShape(node),
    tiling = chooseTiling(target, s.width, 2),
    values = gradientInputs(inputs),
    statistics = temporary(`${dq.name} statistics`, 2 * queryCount(s));
  const queries = { dq, statistics },
    keys = { dk, dv, statistics };
  return tiling
    ? [tiledQueryGradient(s, tiling, values, queries), tiledKeyGradient(s, tiling, values, keys)]
    : [directQueryGradient(s, values, queries), directKeyGradient(s, values, keys)];
}
