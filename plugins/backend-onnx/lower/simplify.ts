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

/** Inputs of an element-wise node without `expand` where the operator broadcasts by itself: saves writing and reading the copy. */
export function withoutBroadcasts(node: Node, around: Surroundings): readonly Tensor[] {
  if (!broadcasting.has(node.op.name)) return node.inputs;
  const inputs = [...node.inputs];
  inputs.forEach((t, i) => {
    if (t.node.op.name !== 'expand' || !around.has(t.node)) return;
    const source = t.node.inputs[0]!;
    const shape = inputs.reduce<Shape | undefined>(
      (s, other, j) => s && broadcastShapes(s, (j === i ? source : other).shape),
      [],
    );
    if (shape && sameShape(shape, node.outputs[0]!.shape)) inputs[i] = source;
  });
  return inputs;
}

/** x, if the node is the sum of x · x over some axes and nobody else reads the squares. */
export function squaresSummed(node: Node, around: Surroundings): Tensor | undefined {
  const squares = node.op.name === 'sum' ? node.inputs[0]! : undefined;
  if (!squares || squares.node.op.name !== 'mul' || !around.has(squares.node) || around.uses(squares) > 1)
    return undefined;
  const [a, b] = squares.node.inputs;
  return a === b ? a : undefined;
}
