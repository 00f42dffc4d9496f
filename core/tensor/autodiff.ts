import { OrzError } from '../errors.js';
import type { Node, Tensor } from './graph.js';
import { add } from './ops/elementwise.js';
import { expand } from './ops/shape.js';

/**
 * Reverse-mode differentiation: extends the graph of `loss` (a scalar) by d(loss)/d(x) for each x in `wrt`. Where no
 * gradient flows the result is undefined. `into` gives running sums: the result for x is then `into(x)` + the gradient.
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[], into?: ReadonlyMap<Tensor, Tensor>): (Tensor | undefined)[] {
  if (loss.shape.length > 0) throw new OrzError('ORZ_GRAPH_SHAPE', `the loss must be a scalar, not of shape [${loss.shape.join(', ')}]`, { remedy: 'sum it' });
  return vectorJacobian([[loss, loss.graph.scalar(1)]], wrt, into);
}

/** The same for several outputs with a given gradient each: how blocks of a deep network are differentiated one by one. */
export function vectorJacobian(seeds: readonly (readonly [Tensor, Tensor | undefined])[], wrt: readonly Tensor[], into?: ReadonlyMap<Tensor, Tensor>): (Tensor | undefined)[] {
  const total = new Map<Tensor, Tensor>(into);
  const accumulate = (x: Tensor, gradient: Tensor | undefined): void => {
    if (!gradient) return;
    const sum = total.get(x);
    total.set(x, sum ? add(sum, gradient) : expand(gradient, x.shape));
  };
  for (const [output, seed] of seeds) accumulate(output, seed);
  const wanted = new Set(wrt);
  for (const node of nodesBetween(wrt, seeds.map(([output]) => output)).reverse()) {
    const outputGradients = node.outputs.map((t) => total.get(t));
    if (outputGradients.every((g) => g === undefined)) continue;
    nodeGradient(node, outputGradients).forEach((gradient, i) => accumulate(node.inputs[i]!, gradient));
    for (const t of node.outputs) if (!wanted.has(t)) total.delete(t);
  }
  return wrt.map((x) => total.get(x));
}

function nodeGradient(node: Node, outputGradients: readonly (Tensor | undefined)[]): readonly (Tensor | undefined)[] {
  if (node.op.gradient) return node.op.gradient(node, outputGradients);
  if (node.op.expand) {
    // Equal nodes are shared, so what is rebuilt here is merged with the forward pass when macro-ops are expanded.
    const definition = node.op.expand(node.inputs, node.attributes);
    return vectorJacobian(definition.map((t, i) => [t, outputGradients[i]]), node.inputs);
  }
  throw new OrzError('ORZ_GRAPH_NO_GRADIENT', `operation ${node.op.name} has no gradient`, { remedy: 'put stopGradient around its input, or define a gradient' });
}

/** Nodes on a path from `from` to `to`, in topological order. */
function nodesBetween(from: readonly Tensor[], to: readonly Tensor[]): Node[] {
  const graph = to[0]!.graph;
  const reached = new Set<Node>(from.map((t) => t.node));
  const start = new Set<Node>(reached);
  const last = Math.max(...to.map((t) => t.node.id));
  const forward: Node[] = [];
  for (let id = 0; id <= last; id++) {
    const node = graph.nodes[id]!;
    if (start.has(node)) continue;
    if (node.inputs.some((t) => reached.has(t.node))) { reached.add(node); forward.push(node); }
  }
  const needed = new Set<Node>(to.map((t) => t.node));
  for (const node of [...forward].reverse()) if (needed.has(node)) node.inputs.forEach((t) => needed.add(t.node));
  return forward.filter((n) => needed.has(n));
}
