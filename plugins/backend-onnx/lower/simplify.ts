import { elementAt } from '../../../core/arrays.js';
import type { Node, Tensor } from '../../../core/compute/tensor/graph.js';
import { broadcastShapes, sameShape, type Shape } from '../../../core/compute/tensor/types.js';
import type { Surroundings } from './fuse-matmul.js';

const broadcasting = new Set([
  'add',
  'sub',
  'mul',
  'div',
  'minimum',
  'maximum',
  'less',
  'lessEqual',
  'equal',
  'and',
  'where',
]);

/**
 * Inputs of an element-wise node without `expand` where the operator broadcasts on its own: saves writing and reading
 * the copy.
 */
export function withoutBroadcasts(node: Node, around: Surroundings): readonly Tensor[] {
  if (!broadcasting.has(node.op.name)) return node.inputs;
  const { shape } = elementAt(node.outputs, 0);
  const inputs = [...node.inputs];
  for (const [i, t] of node.inputs.entries()) {
    if (t.node.op.name !== 'expand' || !around.has(t.node)) continue;
    const source = elementAt(t.node.inputs, 0);
    const replaced = inputs.with(i, source);
    const broadcast = replaced.reduce<Shape | undefined>((s, other) => s && broadcastShapes(s, other.shape), []);
    if (broadcast && sameShape(broadcast, shape)) inputs[i] = source;
  }
  return inputs;
}

/** x, if the node is the sum of x · x over some axes and nothing else reads the squares. */
export function squaresSummed(node: Node, around: Surroundings): Tensor | undefined {
  const squares = node.op.name === 'sum' ? elementAt(node.inputs, 0) : undefined;
  if (!squares || squares.node.op.name !== 'mul' || !around.has(squares.node) || around.uses(squares) > 1)
    return undefined;
  const [a, b] = squares.node.inputs;
  return a === b ? a : undefined;
}
