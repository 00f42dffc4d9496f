import { zip } from '../../arrays.js';
import { unmappedTensor } from './errors.js';
import { Graph, constantOp, inputOp, type Node, type OpDefinition, type Tensor } from './graph.js';

/**
 * A copy of the live part of a graph in which every macro-op that `keep` does not claim is replaced by its definition,
 * down to primitives. Equal nodes merge, so a definition rebuilt by autodiff costs nothing twice.
 */
export function decomposeMacroOps(graph: Graph, keep: (op: OpDefinition) => boolean): Graph {
  const result = new Graph(graph.label);
  const copy = new GraphCopy(result, keep);
  // All inputs, also unused ones, so that a program's signature does not depend on what survives.
  for (const [name, t] of graph.inputs) copy.map(t, result.input(name, t.shape, t.dtype));
  copy.add(graph.liveNodes());
  for (const [name, t] of graph.outputs) result.output(name, copy.of(t));
  return result;
}

/** Rebuilds nodes in `target`, and remembers which tensor stands for which. */
class GraphCopy {
  private readonly copies = new Map<Tensor, Tensor>();

  /** `apart` numbers the definition whose nodes are not to be merged with equal ones outside of it. */
  constructor(
    private readonly target: Graph,
    private readonly keep: (op: OpDefinition) => boolean,
    private readonly apart?: number,
  ) {}

  map(original: Tensor, copy: Tensor): void {
    this.copies.set(original, copy);
  }

  of(original: Tensor): Tensor {
    const copy = this.copies.get(original);
    if (!copy) throw unmappedTensor(original, this.target.label);
    return copy;
  }

  /** Copies nodes in topological order; their inputs must be mapped or among them. */
  add(nodes: readonly Node[]): void {
    for (const node of nodes) {
      if (node.op === inputOp) continue;
      for (const [original, copy] of zip(node.outputs, this.rebuild(node))) this.map(original, copy);
    }
  }

  private rebuild({ id, op, inputs, attributes, data }: Node): readonly Tensor[] {
    if (op === constantOp) return this.target.node(constantOp, [], attributes, data);
    const copies = inputs.map((t) => this.of(t));
    if (!op.decompose || this.keep(op))
      return this.target.node(op, copies, this.apart === undefined ? attributes : { ...attributes, apart: this.apart });
    const definition = new Graph(`${op.name} definition`);
    const parameters = copies.map((t, i) => definition.input(String(i), t.shape, t.dtype));
    const results = op.decompose(parameters, attributes);
    // Macro-ops inside the definition are decomposed in turn.
    const inner = new GraphCopy(
      this.target,
      this.keep,
      this.apart ?? (op.recomputes?.(inputs) === true ? id : undefined),
    );
    for (const [parameter, copy] of zip(parameters, copies)) inner.map(parameter, copy);
    inner.add(definition.nodes);
    return results.map((t) => inner.of(t));
  }
}
