import { OrzError } from '../../../core/errors.js';
import type { Node, Tensor } from '../../../core/compute/tensor/graph.js';
import { ModelBuilder, type Value } from '../model/builder.js';
import { productInputs, productOf } from './fuse-matmul.js';
import { lowerings, stableLog, sumOfSquares, type Lowering } from './operations.js';
import { lowerProduct, type Target } from './product.js';
import { squaresSummed, withoutBroadcasts } from './simplify.js';

/** An ONNX model for some nodes of a graph, and which tensors its inputs and outputs are. */
export interface LoweredModel {
  readonly bytes: Uint8Array;
  readonly feeds: readonly { readonly name: string; readonly tensor: Tensor }[];
  readonly fetches: readonly { readonly name: string; readonly tensor: Tensor }[];
}

/** How one node is computed: from which tensors (fusion may reach behind the node's own inputs), and by which operators. */
interface Step {
  readonly node: Node;
  readonly inputs: readonly Tensor[];
  readonly lowering: Lowering;
}

/**
 * Lowers `nodes` (in topological order) so that `wanted` come out. Weights are model inputs, never initializers: they change
 * between runs. What fusions make superfluous is not emitted.
 */
export function lowerModel(
  name: string,
  nodes: readonly Node[],
  wanted: readonly Tensor[],
  target: Target,
): LoweredModel {
  const steps = chooseSteps(nodes, wanted, target);
  const model = new ModelBuilder(name);
  const values = new Map<Tensor, Value>();
  const feeds: { name: string; tensor: Tensor }[] = [];
  const valueOf = (t: Tensor): Value => {
    let value = values.get(t);
    if (value === undefined) {
      if (t.node.op.name === 'constant') value = model.constant(t.node.data!, t.shape);
      else {
        value = model.input(t.dtype, t.shape);
        feeds.push({ name: value, tensor: t });
      }
      values.set(t, value);
    }
    return value;
  };
  for (const { node, inputs, lowering } of steps)
    values.set(node.outputs[0]!, lowering(model, inputs.map(valueOf), node));
  const fetches = wanted.map((tensor) => ({ tensor, name: model.output(valueOf(tensor), tensor.dtype, tensor.shape) }));
  return { bytes: model.encode(), feeds, fetches };
}

/** Decides fusions, then keeps only what the wanted tensors still need. */
function chooseSteps(nodes: readonly Node[], wanted: readonly Tensor[], target: Target): Step[] {
  const uses = new Map<Tensor, number>(wanted.map((t) => [t, 2]));
  for (const node of nodes) for (const t of node.inputs) uses.set(t, (uses.get(t) ?? 0) + 1);
  const inside = new Set(nodes);
  const around = { has: (node: Node) => inside.has(node), uses: (t: Tensor) => uses.get(t) ?? 0 };
  const steps = nodes.map((node): Step => {
    const product = productOf(node, around);
    if (product)
      return {
        node,
        inputs: productInputs(product),
        lowering: (model, inputs) => lowerProduct(model, product, inputs, target),
      };
    const squared = squaresSummed(node, around);
    return squared
      ? { node, inputs: [squared], lowering: sumOfSquares }
      : { node, inputs: withoutBroadcasts(node, around), lowering: loweringOf(node, target) };
  });
  const needed = new Set<Tensor>(wanted);
  return steps
    .reverse()
    .filter((step) => {
      const isNeeded = step.node.outputs.some((t) => needed.has(t));
      if (isNeeded) step.inputs.forEach((t) => needed.add(t));
      return isNeeded;
    })
    .reverse();
}

function loweringOf(node: Node, target: Target): Lowering {
  const found = node.op.name === 'log' && target.cpuThreads !== undefined ? stableLog : lowerings[node.op.name];
  if (!found)
    throw new OrzError('ORZ_GRAPH_INVALID', `unknown operation "${node.op.name}"`, {
      value: node.op.name,
      allowed: Object.keys(lowerings),
      remedy: 'give it a definition in terms of these (`decompose`)',
    });
  return found;
}
