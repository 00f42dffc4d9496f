import type { Node } from '../../../../core/compute/tensor/graph.js';
import type { Kernel } from '../../lower/kernel.js';
import type { Target } from '../../lower/unit.js';
import type { Value } from '../../lower/value.js';
import { directDecode } from './direct-decode.js';
import { queriesTogether, sharedDecode } from './shared-decode.js';
import { decodeShape } from './shape.js';

/** Attention of one new token per slot over its cache. The order of sums depends on neither the number of slots nor the capacity. */
export function decodeAttention(
  node: Node,
  inputs: readonly Value[],
  outputs: readonly Value[],
  target: Target,
): Kernel[] {
  const s = decodeShape(node),
    together = target.isCpu ? undefined : queriesTogether(s, target.workgroupBytes);
  return [together ? sharedDecode(s, together, target, inputs, outputs[0]!) : directDecode(s, inputs, outputs[0]!)];
}
