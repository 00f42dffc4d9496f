import { Graph, constantOp, inputOp, type Node, type Tensor } from '../../../core/compute/tensor/graph.js';
import { concat, matmul, mul, reshape, sum } from '../../../core/compute/tensor/ops.js';
import { sameShape, type Shape } from '../../../core/compute/tensor/types.js';

/** Parts of a concatenation that one kernel can bind with room for others. */
const mostParts = 4;

/**
 * An equal graph in forms that kernels suit: a sum with a scatter into zeros is a scatter into the other summand, a product with a
 * single row or column is a reduction, one over an inner extent of 1 is element by element, one of
 * transposed matrices reads them as they are, and a long concatenation is a tree of short ones.
 */
export function rewrite(graph: Graph): Graph {
  const nodes = graph.liveNodes(),
    result = new Graph(graph.label);
  const replaced = new Map<Tensor, Tensor>();
  for (const [name, t] of graph.inputs) replaced.set(t, result.input(name, t.shape, t.dtype));
  const merged = scattersIntoSums(graph, nodes);
  for (const node of nodes) {
    if (node.op === inputOp) continue;
    const inputs = node.inputs.map((t) => replaced.get(t)!);
    const scatter = merged.get(node);
    const outputs =
      node.op === constantOp
        ? [result.constant(node.data!, node.attributes['shape'] as Shape)]
        : scatter
          ? result.node(
              scatter.op,
              [replaced.get(otherSummand(node, scatter))!, ...scatter.inputs.slice(1).map((t) => replaced.get(t)!)],
              scatter.attributes,
            )
          : (replacement(node, inputs) ?? result.node(node.op, inputs, node.attributes));
    node.outputs.forEach((t, i) => replaced.set(t, outputs[i]!));
  }
  for (const [name, t] of graph.outputs) result.output(name, replaced.get(t)!);
  return result;
}

function replacement(node: Node, inputs: readonly Tensor[]): readonly Tensor[] | undefined {
  if (node.op.name === 'matmul') {
    const [a, b] = inputs as [Tensor, Tensor];
    const thin = thinProduct(node, [a, b]);
    return [thin ? reshape(thin, node.outputs[0]!.shape) : withoutTranspositions(node, a, b)];
  }
  return node.op.name === 'concat' && inputs.length > mostParts
    ? [tree(inputs, node.attributes['axis'] as number)]
    : undefined;
}

function tree(parts: readonly Tensor[], axis: number): Tensor {
  if (parts.length <= mostParts) return concat(parts, axis);
  const size = Math.ceil(parts.length / mostParts);
  return concat(
    Array.from({ length: Math.ceil(parts.length / size) }, (_, i) => tree(parts.slice(i * size, (i + 1) * size), axis)),
    axis,
  );
}

/** A product whose result or inner extent is one wide, without a matrix kernel; its elements in order. */
function thinProduct(node: Node, [a, b]: readonly [Tensor, Tensor]): Tensor | undefined {
  const [m, n] = node.outputs[0]!.shape.slice(-2) as [number, number];
  const transA = node.attributes['transA'] === true,
    transB = node.attributes['transB'] === true;
  const batch = a.shape.slice(0, -2),
    k = a.shape.at(transA ? -2 : -1)!;
  if (k === 1) return mul(reshape(a, [...batch, m, 1]), reshape(b, [...batch, 1, n]));
  const alongRows = (matrix: Tensor, vector: Tensor): Tensor =>
    sum(mul(matrix, reshape(vector, [...batch, 1, k])), [-1]);
  const alongColumns = (matrix: Tensor, vector: Tensor): Tensor =>
    sum(mul(matrix, reshape(vector, [...batch, k, 1])), [-2]);
  if (n === 1) return transA ? alongColumns(a, b) : alongRows(a, b);
  if (m === 1) return transB ? alongRows(b, a) : alongColumns(b, a);
  return undefined;
}

/** A product of matrices that are only transposed reads them where they lie. */
function withoutTranspositions(node: Node, a: Tensor, b: Tensor): Tensor {
  const transA = node.attributes['transA'] === true,
    transB = node.attributes['transB'] === true;
  const plain = (t: Tensor): Tensor => (isTransposition(t) ? t.node.inputs[0]! : t);
  return matmul(plain(a), plain(b), { transA: transA !== isTransposition(a), transB: transB !== isTransposition(b) });
}

/** Whether a tensor is another one with its last two axes swapped and nothing else. */
function isTransposition({ node, shape }: Tensor): boolean {
  const order = node.attributes['order'] as readonly number[] | undefined,
    last = shape.length - 1;
  return (
    node.op.name === 'transpose' &&
    last > 0 &&
    order!.every((axis, i) => axis === (i === last ? last - 1 : i === last - 1 ? last : i))
  );
}

/** Sums that a scatter into zeros, read by nobody else, can be part of. */
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

const otherSummand = (add: Node, scatter: Node): Tensor =>
  add.inputs[0]!.node === scatter ? add.inputs[1]! : add.inputs[0]!;

function isScatterIntoZeros(node: Node): boolean {
  const base = node.op.name === 'scatterAddRows' ? node.inputs[0]!.node : undefined;
  return base?.op.name === 'expand' && base.inputs[0]!.node.data?.every((v) => v === 0) === true;
}
