import { elementAt } from '../../../../core/arrays.js';
import type { Node } from '../../../../core/compute/tensor/graph.js';
import type { Kernel } from '../../lower/kernel.js';
import type { Target } from '../../lower/target.js';
import type { Value } from '../../lower/value.js';
import { directDecode } from './direct-decode.js';
import { queriesPerWorkgroup, sharedDecode } from './shared-decode.js';
import { decodeInputs, decodeShape } from './shape.js';

/**
 * Attention of one new token per lane over its cache. The order of sums depends on neither the number of lanes nor the
 * capacity.
 */
export function decodeAttention(
  node: Node,
  inputs: readonly Value[],
  outputs: readonly Value[],
  target: Target,
): Kernel[] {
  const s = decodeShape(node),
    queries = target.isCpu ? undefined : queriesPerWorkgroup(s, target.workgroupBytes),
    values = decodeInputs(inputs),
    output = elementAt(outputs, 0);
  if (queries === undefined) return [directDecode(s, values, output)];
  return [sharedDecode({ ...s, queries, subgroups: target.subgroups }, values, output)];
}
