import { elementAt } from '../../../core/arrays.js';
import type { OnnxNode } from './proto.js';

/**
 * The nodes of a model, given in the order in which they were made, in the order in which to list them.
 *
 * ONNX Runtime executes nodes depth first, from the results back, and of the results and of the inputs of a node it
 * takes the one listed last first. In the order of making, the gradients of the weights would come last, with
 * everything that they are made of kept until then. So the list is filled from its end, each place with the first made
 * of those whose readers have theirs: execution then follows the order of making, and a gradient is computed as soon as
 * it can be. Simply listing them backwards will not do: where nodes come before their inputs, the runtime keeps what it
 * could free (seen in 1.30).
 */
export function nodeOrder(nodes: readonly OnnxNode[]): OnnxNode[] {
  const makers = new Map(nodes.flatMap(({ output }, i) => output.map((value) => [value, i] as const)));
  const inputs = nodes.map(({ input }) => [...new Set(input.flatMap((value) => makers.get(value) ?? []))]);
  const unplacedReaders = nodes.map(() => 0);
  const countReader = (i: number, change: 1 | -1): number =>
    (unplacedReaders[i] = elementAt(unplacedReaders, i) + change);
  for (const i of inputs.flat()) countReader(i, 1);
  // The first made is at the end.
  const ready = [...nodes.keys()].filter((i) => unplacedReaders[i] === 0).reverse();
  const backwards: OnnxNode[] = [];
  for (let i = ready.pop(); i !== undefined; i = ready.pop()) {
    backwards.push(elementAt(nodes, i));
    for (const input of elementAt(inputs, i)) if (countReader(input, -1) === 0) insert(ready, input);
  }
  return backwards.reverse();
}

/** Inserts into a list that falls. */
function insert(list: number[], value: number): void {
  const at = list.findLastIndex((other) => other > value);
  list.splice(at + 1, 0, value);
}
