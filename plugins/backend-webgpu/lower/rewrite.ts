import { elementAt } from '../../../core/arrays.js';
import { Graph, constantOp, inputOp, type Node, type Tensor } from '../../../core/compute/tensor/graph.js';
import { concat, matmul, mul, reshape, sum } from '../../../core/compute/tensor/ops.js';
import { sameShape, type Shape } from '../../../core/compute/tensor/types.js';
import { missing } from '../errors.js';

/** Maximum number of parts of a concatenation that one kernel can bind with room for others. */
const maximumParts = 4;

/**
 * An equal graph in forms that kernels suit: a sum with a scatter into zeros is a scatter into the other summand, a
 * product with a single row or column is a reduction, one over an inner extent of 1 is element by element, one of
 * transposed matrices reads them as they are, and a long concatenation is a tree of short ones.
 */
export const rewrite = (graph: Graph): Graph => new Rewrite(graph).result;

class Rewrite {
  readonly result: Graph;
  private readonly replaced = new Map<Tensor, Tensor>();
  /** Sums that become a scatter into their other summand. */
  private readonly merged: ReadonlyMap<Node, Node>;

  constructor(graph: Graph) {
    const nodes = graph.liveNodes();
    this.result = new Graph(graph.label);
    this.merged = scattersIntoSums(graph, nodes);
    for (const [name, t] of graph.inputs) this.replaced.set(t, this.result.input(name, t.shape, t.dtype));
    for (const node of nodes) {
      if (node.op === inputOp) continue;
      const outputs = this.rewritten(node);
      for (const [i, t] of node.outputs.entries()) this.replaced.set(t, elementAt(outputs, i));
    }
    for (const [name, t] of graph.outputs) this.result.output(name, this.replacement(t));
  }

  private replacement(t: Tensor): Tensor {
    const found = this.replaced.get(t);
    if (!found) throw missing(`output ${t.index} of node ${t.node.id}`);
    return found;
  }

  private rewritten(node: Node): readonly Tensor[] {
    const { result } = this;
    if (node.op === constantOp && node.data) return [result.constant(node.data, node.attributes['shape'] as Shape)];
    const scatter = this.merged.get(node);
    if (scatter) {
      const inputs = [otherSummand(node, scatter), ...scatter.inputs.slice(1)];
      return result.node(scatter.op, this.replacements(inputs), scatter.attributes);
    }
    const inputs = this.replacements(node.inputs);
    return betterForm(node, inputs) ?? result.node(node.op, inputs, node.attributes);
  }

  private replacements(tensors: readonly Tensor[]): Tensor[] {
    return tensors.map((t) => this.replacement(t));
  }
}

/** The result of a node in a form that kernels suit better, if there is one. */
function betterForm(node: Node, inputs: readonly Tensor[]): readonly Tensor[] | undefined {
  if (node.op.name === 'matmul') {
    const a = elementAt(inputs, 0),
      b = elementAt(inputs, 1);
    const thin = thinProduct(node, a, b);
    return [thin ? reshape(thin, elementAt(node.outputs, 0).shape) : withoutTranspositions(node, a, b)];
  }
  return node.op.name === 'concat' && inputs.length > maximumParts
    ? [concatTree(inputs, node.attributes['axis'] as number)]
    : undefined;
}

function concatTree(parts: readonly Tensor[], axis: number): Tensor {
  if (parts.length <= maximumParts) return concat(parts, axis);
  const size = Math.ceil(parts.length / maximumParts);
  const subtrees = Array.from({ length: Math.ceil(parts.length / size) }, (_, i) =>
    concatTree(parts.slice(i * size, (i + 1) * size), axis),
  );
  return concat(subtrees, axis);
}

/** Whether the operands of a product are stored transposed. */
const transpositionsOf = ({ attributes }: Node): { readonly transA: boolean; readonly transB: boolean } => ({
  transA: attributes['transA'] === true,
  transB: attributes['transB'] === true,
});

/** A product whose result or inner extent is one wide, without a matrix kernel; its elements in order. */
function thinProduct(node: Node, a: Tensor, b: Tensor): Tensor | undefined {
  const [m, n] = elementAt(node.outputs, 0).shape.slice(-2) as [number, number];
  const { transA, transB } = transpositionsOf(node);
  const batch = a.shape.slice(0, -2),
    k = elementAt(a.shape, a.shape.length - (transA ? 2 : 1));
  if (k === 1) return mul(reshape(a, [...batch, m, 1]), reshape(b, [...batch, 1, n]));
  const alongRows = (matrix: Tensor, vector: Tensor): Tensor =>
    sum(mul(matrix, reshape(vector, [...batch, 1, k])), [-1]);
  const alongColumns = (matrix: Tensor, vector: Tensor): Tensor =>
    sum(mul(matrix, reshape(vector, [...batch, k, 1])), [-2]);
  if (n === 1) return transA ? alongColumns(a, b) : alongRows(a, b);
  if (m === 1) return transB ? alongRows(b, a) : alongColumns(b, a);
  return undefined;
}

/** A product whose operands are read as they are stored, not through a transposition. */
function withoutTranspositions(node: Node, a: Tensor, b: Tensor): Tensor {
  const { transA, transB } = transpositionsOf(node);
  const stored = (t: Tensor): Tensor => (isTransposition(t) ? elementAt(t.node.inputs, 0) : t);
  return matmul(stored(a), stored(b), { transA: transA !== isTransposition(a), transB: transB !== isTransposition(b) });
}

/** Whether a tensor is another one with its last two axes swapped and nothing else. */
function isTransposition({ node, shape }: Tensor): boolean {
  const last = shape.length - 1;
  if (node.op.name !== 'transpose' || last < 1) return false;
  const swapped = [...shape.keys()];
  swapped.splice(last - 1, 2, last, last - 1);
  return sameShape(node.attributes['order'] as readonly number[], swapped);
}

/** Sums that can absorb a scatter into zeros, because nothing else reads it, and that scatter. */
function scattersIntoSums(graph: Graph, nodes: readonly Node[]): Map<Node, Node> {
  const readers = new Map<Tensor, number>([...graph.outputs.values()].map((t) => [t, 2]));
  for (const node of nodes) for (const t of node.inputs) readers.set(t, (readers.get(t) ?? 0) + 1);
  const found = new Map<Node, Node>();
  for (const node of nodes) {
    if (node.op.name !== 'add') continue;
    const part = node.inputs.find((t) => isScatterIntoZeros(t.node) && readers.get(t) === 1);
    if (part && sameShape(otherSummand(node, part.node).shape, part.shape)) found.set(node, part.node);
  }
  return found;
}

function otherSummand(add: Node, scatter: Node): Tensor {
  const first = elementAt(add.inputs, 0);
  return first.node === scatter ? elementAt(add.inputs, 1) : first;
}

function isScatterIntoZeros(node: Node): boolean {
  const base = node.op.name === 'scatterAddRows' ? elementAt(node.inputs, 0).node : undefined;
  return base?.op.name === 'expand' && elementAt(base.inputs, 0).node.data?.every((v) => v === 0) === true;
}
