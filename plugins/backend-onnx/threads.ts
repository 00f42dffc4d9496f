import type { Node } from '../../core/compute/tensor/graph.js';
import { elementAt, lastOf } from '../../core/arrays.js';
import { sizeOf } from '../../core/compute/tensor/types.js';

/** Below this work, in multiplications of a matrix product, the calling thread executes a session alone. */
const worthThreads = 32e6;
/** What an element of any other operation costs, in such multiplications. */
const perElement = 16;

/**
 * Threads for a session of these nodes. Each of its nodes hands work to other threads and waits for them, some
 * microseconds each time: a decoding step of one sequence of `orz-tiny`, 90 nodes for 0.2 million multiplications, was
 * a third slower on two idle cores than on one, a step of 64 sequences no faster. Bits never depend on threads.
 */
export const threadsFor = (nodes: readonly Node[], available: number): number =>
  nodes.reduce((work, node) => work + workOf(node), 0) < worthThreads ? 1 : available;

function workOf({ op, inputs, outputs, attributes }: Node): number {
  const { shape } = elementAt(outputs, 0);
  if (op.name !== 'matmul') return perElement * Math.max(...[...inputs, ...outputs].map((t) => sizeOf(t.shape)));
  const left = elementAt(inputs, 0).shape;
  const inner = attributes['transA'] === true ? elementAt(left, left.length - 2) : lastOf(left);
  return sizeOf(shape) * inner;
}
