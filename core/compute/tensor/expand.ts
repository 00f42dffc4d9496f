import { Graph, constantOp, inputOp, type Attributes, type Node, type OpDefinition, type Tensor } from './graph.js';

/**
 * A copy of the live part of a graph in which every macro-op that `keep` does not claim is replaced by its definition,
 * down to primitives. Equal nodes merge, so a definition rebuilt by autodiff costs nothing twice.
 */
export function expandMacros(graph: Graph, keep: (op: OpDefinition) => boolean): Graph {
  const result = new Graph(graph.label);
  // All inputs, also unused ones, so that a program's signature does not depend on what survives.
  const replaced = new Map<Tensor, Tensor>();
  for (const [name, t] of graph.inputs) replaced.set(t, result.input(name, t.shape, t.dtype));
  copyNodes(graph.liveNodes(), replaced, result, keep);
  for (const [name, t] of graph.outputs) result.output(name, replaced.get(t)!);
  return result;
}

/** Rebuilds `nodes` in `target`; `replaced` maps their inputs and receives their outputs. */
function copyNodes(
  nodes: readonly Node[],
  replaced: Map<Tensor, Tensor>,
  target: Graph,
  keep: (op: OpDefinition) => boolean,
): void {
  for (const node of nodes) {
    if (node.op === inputOp) continue;
    const inputs = node.inputs.map((t) => replaced.get(t)!);
    const outputs =
      node.op === constantOp
        ? target.node(constantOp, [], node.attributes, node.data)
        : node.op.expand && !keep(node.op)
          ? expandNode(node.op, inputs, node.attributes, target, keep)
          : target.node(node.op, inputs, node.attributes);
    node.outputs.forEach((t, i) => replaced.set(t, outputs[i]!));
  }
}

/** The definition of one macro-op in `target`; macro-ops inside it are expanded in turn. */
function expandNode(
  op: OpDefinition,
  inputs: readonly Tensor[],
  attributes: Attributes,
  target: Graph,
  keep: (op: OpDefinition) => boolean,
): readonly Tensor[] {
  const definition = new Graph(`${op.name} definition`);
  const parameters = inputs.map((t, i) => definition.input(String(i), t.shape, t.dtype));
  const results = op.expand!(parameters, attributes);
  const replaced = new Map<Tensor, Tensor>(parameters.map((p, i) => [p, inputs[i]!]));
  copyNodes(definition.nodes, replaced, target, keep);
  return results.map((t) => replaced.get(t)!);
}
