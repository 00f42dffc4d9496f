import { elementAt } from '../../../core/arrays.js';
import { Graph, constantOp, inputOp, type Node, type Tensor } from '../../../core/compute/tensor/graph.js';
import { sameShape, type Shape } from '../../../core/compute/tensor/types.js';
import { missingTensor } from '../errors.js';

/** A sum that becomes a scatter into its other summand. */
interface Merge {
  readonly scatter: Node;
  readonly into: Tensor;
}

/**
 * An equal graph in which a sum with a scatter into zeros is a scatter into the other summand. A tied embedding gets
 * its gradient from both ends of the model; this way the table of zeros is never made and the running sum is updated in
 * place.
 */
export function mergeScatters(graph: Graph): Graph {
  const nodes = graph.liveNodes();
  const readers = new Map<Tensor, number>([...graph.outputs.values()].map((t) => [t, 2]));
  for (const node of nodes) for (const t of node.inputs) readers.set(t, (readers.get(t) ?? 0) + 1);
  const merges = new Map<Node, Merge>();
  for (const node of nodes) {
    const merge = node.op.name === 'add' ? mergeOf(node, readers) : undefined;
    if (merge) merges.set(node, merge);
  }
  return merges.size === 0 ? graph : new Rebuild(graph, merges).build(nodes);
}

/** The scatter into zeros that a sum can absorb, because nothing else reads it. */
function mergeOf(add: Node, readers: ReadonlyMap<Tensor, number>): Merge | undefined {
  const first = elementAt(add.inputs, 0),
    second = elementAt(add.inputs, 1);
  const canMerge = (t: Tensor): boolean => isScatterIntoZeros(t.node) && readers.get(t) === 1;
  const merge = canMerge(first)
    ? { scatter: first.node, into: second }
    : canMerge(second) && { scatter: second.node, into: first };
  return merge && sameShape(merge.into.shape, elementAt(add.outputs, 0).shape) ? merge : undefined;
}

/** Of the same shape as the sum, because a scatter's base is never broadcast. */
function isScatterIntoZeros(node: Node): boolean {
  if (node.op.name !== 'scatterAddRows') return false;
  const base = elementAt(node.inputs, 0).node;
  return base.op.name === 'expand' && elementAt(base.inputs, 0).node.data?.every((v) => v === 0) === true;
}

/** A copy of a graph with some sums merged. */
class Rebuild {
  private readonly result: Graph;
  private readonly copies = new Map<Tensor, Tensor>();

  constructor(
    private readonly graph: Graph,
    private readonly merges: ReadonlyMap<Node, Merge>,
  ) {
    this.result = new Graph(graph.label);
  }

  build(nodes: readonly Node[]): Graph {
    const { graph, result, copies } = this;
    for (const [name, t] of graph.inputs) copies.set(t, result.input(name, t.shape, t.dtype));
    for (const node of nodes) {
      if (node.op === inputOp) continue;
      const outputs = this.copy(node);
      for (const [i, t] of node.outputs.entries()) copies.set(t, elementAt(outputs, i));
    }
    for (const [name, t] of graph.outputs) result.output(name, this.copyOf(t));
    return result;
  }

  private copy(node: Node): readonly Tensor[] {
    const { result } = this,
      merge = this.merges.get(node);
    if (node.op === constantOp && node.data) return [result.constant(node.data, node.attributes['shape'] as Shape)];
    if (!merge) return result.node(node.op, this.copiesOf(node.inputs), node.attributes);
    const { scatter, into } = merge;
    return result.node(scatter.op, this.copiesOf([into, ...scatter.inputs.slice(1)]), scatter.attributes);
  }

  private copiesOf(tensors: readonly Tensor[]): Tensor[] {
    return tensors.map((t) => this.copyOf(t));
  }

  private copyOf(t: Tensor): Tensor {
    const copy = this.copies.get(t);
    if (!copy) throw missingTensor(`output ${t.index} of node ${t.node.id} ("${t.node.op.name}")`);
    return copy;
  }
}
