import { OrzError } from '../../../core/errors.js';
import type { Node, Tensor } from '../../../core/tensor/graph.js';
import { broadcastShapes, sameShape, type Shape } from '../../../core/tensor/types.js';
import { ModelBuilder, type Value } from '../model/builder.js';
import { lowerProduct, productInputs, productOf, type Product } from './fuse-matmul.js';
import { lowerings } from './operations.js';

/** An ONNX model for some nodes of a graph, and which tensors its inputs and outputs are. */
export interface LoweredModel {
  readonly bytes: Uint8Array;
  readonly feeds: readonly { readonly name: string; readonly tensor: Tensor }[];
  readonly fetches: readonly { readonly name: string; readonly tensor: Tensor }[];
}

/** How one node is computed: by a fused product, or by its own operator from `inputs` (which may skip a broadcast). */
interface Step { readonly node: Node; readonly product?: Product; readonly inputs: readonly Tensor[] }

const broadcasting = new Set(['add', 'sub', 'mul', 'div', 'minimum', 'maximum', 'less', 'lessEqual', 'equal', 'and', 'where']);

/**
 * Lowers `nodes` (in topological order) so that `wanted` come out. Weights are model inputs, never initializers: they change
 * between runs. What fusions make superfluous is not emitted.
 */
export function lowerModel(name: string, nodes: readonly Node[], wanted: readonly Tensor[], hasFusedMatMul: boolean): LoweredModel {
  const steps = chooseSteps(nodes, wanted);
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
  for (const { node, product, inputs } of steps) {
    const operands = inputs.map(valueOf);
    const value = product ? lowerProduct(model, product, operands, hasFusedMatMul) : lowering(node)(model, operands, node);
    values.set(node.outputs[0]!, value);
  }
  const fetches = wanted.map((tensor) => ({ tensor, name: model.output(valueOf(tensor), tensor.dtype, tensor.shape) }));
  return { bytes: model.encode(), feeds, fetches };
}

function lowering(node: Node): NonNullable<(typeof lowerings)[string]> {
  const found = lowerings[node.op.name];
  if (!found) throw new OrzError('ORZ_GRAPH_INVALID', `unknown operation "${node.op.name}"`, { value: node.op.name, allowed: Object.keys(lowerings), remedy: 'give it a definition in terms of these (`expand`)' });
  return found;
}

/** Decides fusions, then keeps only what the wanted tensors still need. */
function chooseSteps(nodes: readonly Node[], wanted: readonly Tensor[]): Step[] {
  const uses = new Map<Tensor, number>(wanted.map((t) => [t, 2]));
  for (const node of nodes) for (const t of node.inputs) uses.set(t, (uses.get(t) ?? 0) + 1);
  const inside = new Set(nodes);
  const around = { has: (node: Node) => inside.has(node), uses: (t: Tensor) => uses.get(t) ?? 0 };
  const steps = nodes.map((node): Step => {
    const product = productOf(node, around);
    return product ? { node, product, inputs: productInputs(product) } : { node, inputs: withoutBroadcasts(node, inside) };
  });
  const needed = new Set<Tensor>(wanted);
  return steps.reverse().filter((step) => {
    const isNeeded = step.node.outputs.some((t) => needed.has(t));
    if (isNeeded) step.inputs.forEach((t) => needed.add(t));
    return isNeeded;
  }).reverse();
}

/** Inputs of an element-wise node without `expand` where the operator broadcasts by itself: saves writing and reading the copy. */
function withoutBroadcasts(node: Node, inside: ReadonlySet<Node>): readonly Tensor[] {
  if (!broadcasting.has(node.op.name)) return node.inputs;
  const inputs = [...node.inputs];
  inputs.forEach((t, i) => {
    if (t.node.op.name !== 'expand' || !inside.has(t.node)) return;
    const source = t.node.inputs[0]!;
    const shape = inputs.reduce<Shape | undefined>((s, other, j) => s && broadcastShapes(s, (j === i ? source : other).shape), []);
    if (shape && sameShape(shape, node.outputs[0]!.shape)) inputs[i] = source;
  });
  return inputs;
}
