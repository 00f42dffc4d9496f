import { elementAt } from '../../../core/arrays.js';
import type { Node, Tensor } from '../../../core/compute/tensor/graph.js';
import { sizeOf, type Shape } from '../../../core/compute/tensor/types.js';
import { unknownOperation } from '../errors.js';
import { ModelBuilder, type Value } from '../model/builder.js';
import { fillValueOf } from '../schedule.js';
import { productInputs, productOf, type Surroundings } from './fuse-matmul.js';
import { lowerings, stableLog, sumOfSquares, type Lowering } from './operations.js';
import { lowerProduct, type Target } from './product.js';
import { squaresSummed, withoutBroadcasts } from './simplify.js';

/** An ONNX model for some nodes of a graph, and which tensors its inputs and outputs are. */
export interface LoweredModel {
  readonly bytes: Uint8Array;
  readonly feeds: readonly { readonly name: string; readonly tensor: Tensor }[];
  readonly fetches: readonly { readonly name: string; readonly tensor: Tensor }[];
}

/** How a node is computed: from which tensors (fusion may look through the node's own inputs), by which operators. */
interface LoweredNode {
  readonly node: Node;
  readonly inputs: readonly Tensor[];
  readonly lowering: Lowering;
}

/**
 * Lowers `nodes` (in topological order) so that `wanted` come out. Weights are model inputs, never initializers: they
 * change between executions. What fusions make superfluous is not emitted.
 */
export function lowerModel(
  name: string,
  nodes: readonly Node[],
  wanted: readonly Tensor[],
  target: Target,
): LoweredModel {
  const model = new ModelBuilder(name);
  const values = new Map<Tensor, Value>();
  const feeds: { name: string; tensor: Tensor }[] = [];
  const feed = (tensor: Tensor): Value => {
    const value = model.input(tensor.dtype, tensor.shape);
    feeds.push({ name: value, tensor });
    return value;
  };
  const valueOf = (t: Tensor): Value => {
    const known = values.get(t);
    if (known !== undefined) return known;
    const value = t.node.data ? model.constant(t.node.data, t.shape) : feed(t);
    values.set(t, value);
    return value;
  };
  for (const { node, inputs, lowering } of lowerNodes(nodes, wanted, target))
    values.set(elementAt(node.outputs, 0), lowering(model, inputs.map(valueOf), node));
  const fetches = wanted.map((tensor) => ({ tensor, name: model.output(valueOf(tensor), tensor.dtype, tensor.shape) }));
  return { bytes: model.encode(), feeds, fetches };
}

/** Decides on fusions, then keeps only what the wanted tensors still need. */
function lowerNodes(nodes: readonly Node[], wanted: readonly Tensor[], target: Target): LoweredNode[] {
  const uses = new Map<Tensor, number>(wanted.map((t) => [t, 2]));
  for (const node of nodes) for (const t of node.inputs) uses.set(t, (uses.get(t) ?? 0) + 1);
  const inside = new Set(nodes);
  const around: Surroundings = { has: (node) => inside.has(node), uses: (t) => uses.get(t) ?? 0 };
  const lowered = nodes.map((node) => lowerNode(node, around, target));
  const needed = new Set<Tensor>(wanted);
  return lowered
    .reverse()
    .filter(({ node, inputs }) => {
      const isNeeded = node.outputs.some((t) => needed.has(t));
      if (isNeeded) for (const t of inputs) needed.add(t);
      return isNeeded;
    })
    .reverse();
}

function lowerNode(node: Node, around: Surroundings, target: Target): LoweredNode {
  const product = productOf(node, around);
  if (product) {
    const lowering: Lowering = (model, inputs) => lowerProduct(model, product, inputs, target);
    return { node, inputs: productInputs(product), lowering };
  }
  const filled = smallFill(node);
  if (filled) return { node, inputs: [], lowering: (model) => model.constant(filled.data, filled.shape) };
  const squared = squaresSummed(node, around);
  if (squared) return { node, inputs: [squared], lowering: sumOfSquares };
  return { node, inputs: withoutBroadcasts(node, around), lowering: loweringOf(node, target) };
}

/** Up to this many equal numbers are stored in a model; more are made at every execution. */
const worthStoring = 4096;

/** The elements of a node that broadcasts a constant to a small tensor. */
function smallFill(node: Node): { readonly data: Float32Array; readonly shape: Shape } | undefined {
  const value = fillValueOf(node);
  const { shape, dtype } = elementAt(node.outputs, 0);
  if (value === undefined || dtype !== 'f32' || sizeOf(shape) > worthStoring) return undefined;
  return { data: new Float32Array(sizeOf(shape)).fill(value), shape };
}

function loweringOf(node: Node, target: Target): Lowering {
  const found = node.op.name === 'log' && target.cpuThreads !== undefined ? stableLog : lowerings[node.op.name];
  if (!found) throw unknownOperation(node.op.name, Object.keys(lowerings));
  return found;
}
