import { Graph, constantOp, inputOp, type Node, type Tensor } from '../../../core/compute/tensor/graph.js';
import type { Shape } from '../../../core/compute/tensor/types.js';

/**
 * An equal graph in which a sum with a scatter into zeros is a scatter into the other summand. A tied embedding gets its
 * gradient from both ends of the model; this way the table of zeros is never made and the running sum is updated in place.
 */
export function mergeScatters(graph: Graph): Graph {
  const nodes = graph.liveNodes();
  const readers = new Map<Tensor, number>([...graph.outputs.values()].map((t) => [t, 2]));
  for (const node of nodes) for (const t of node.inputs) readers.set(t, (readers.get(t) ?? 0) + 1);
  const absorbed = new Map<Node, { scatter: Node; into: Tensor }>();
  for (const node of nodes) {
    const index =
      node.op.name === 'add' ? node.inputs.findIndex((t) => isScatterIntoZeros(t.node) && readers.get(t) === 1) : -1;
    if (index >= 0) absorbed.set(node, { scatter: node.inputs[index]!.node, into: node.inputs[1 - index]! });
  }
  return absorbed.size === 0 ? graph : rebuild(graph, nodes, absorbed);
}

/** Of the same shape as the sum, because a scatter's base is never broadcast. */
function isScatterIntoZeros(node: Node): boolean {
  if (node.op.name !== 'scatterAddRows') return false;
  const base = node.inputs[0]!.node;
  return base.op.name === 'expand' && base.inputs[0]!.node.data?.every((v) => v === 0) === true;
}

function rebuild(
  graph: Graph,
  nodes: readonly Node[],
  absorbed: ReadonlyMap<Node, { scatter: Node; into: Tensor }>,
): Graph {
  const result = new Graph(graph.label);
  const replaced = new Map<Tensor, Tensor>();
  for (const [name, t] of graph.inputs) replaced.set(t, result.input(name, t.shape, t.dtype));
  const copies = (inputs: readonly Tensor[]): Tensor[] => inputs.map((t) => replaced.get(t)!);
  for (const node of nodes) {
    const merged = absorbed.get(node);
    const fits = merged && merged.into.shape.join() === node.outputs[0]!.shape.join();
    const outputs =
      node.op === inputOp
        ? [replaced.get(node.outputs[0]!)!]
        : node.op === constantOp
          ? [result.constant(node.data!, node.attributes['shape'] as Shape)]
          : fits
            ? result.node(
                merged.scatter.op,
                [...copies([merged.into]), ...copies(merged.scatter.inputs.slice(1))],
                merged.scatter.attributes,
              )
            : result.node(node.op, copies(node.inputs), node.attributes);
    node.outputs.forEach((t, i) => replaced.set(t, outputs[i]!));
  }
  for (const [name, t] of graph.outputs) result.output(name, replaced.get(t)!);
  return result;
}
