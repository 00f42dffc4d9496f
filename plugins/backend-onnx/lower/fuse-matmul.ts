import type { Node, Tensor } from '../../../core/compute/tensor/graph.js';
import { sameShape } from '../../../core/compute/tensor/types.js';

/** A matrix product with everything that costs nothing extra folded in: alpha · op(a) · op(b) + addend. */
export interface Product {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly transA: boolean;
  readonly transB: boolean;
  readonly alpha: number;
  readonly addend?: Tensor;
}

/** What fusion needs to know of the nodes that become one model. */
export interface Surroundings {
  /** Whether the node is part of the same model; fusion cannot look beyond it. */
  has(node: Node): boolean;
  /** How many nodes of the model read a tensor; at least 2 if it must also come out of the model. */
  uses(t: Tensor): number;
}

/**
 * The product that computes `node`, or undefined if it is none. Folds scalar factors and transpositions of the operands, a
 * factor after it, and into a rank-2 product a sum after it, if nobody else reads the bare product.
 * Sums matter most: weight gradients that add up in Gemm's C ran at 173 GFLOP/s, Transpose + MatMul + Add at 90.
 */
export function productOf(node: Node, around: Surroundings): Product | undefined {
  if (!around.has(node)) return undefined;
  if (node.op.name === 'matmul') return bareProduct(node, around);
  if (node.op.name === 'mul') return scaledProduct(node, around);
  if (node.op.name !== 'add') return undefined;
  // Of two products the later one takes the earlier as its addend.
  for (const [term, addend] of [
    [1, 0],
    [0, 1],
  ] as const) {
    const t = node.inputs[term]!,
      c = node.inputs[addend]!;
    if (t === c || around.uses(t) > 1 || t.shape.length !== 2 || t.shape.join() !== node.outputs[0]!.shape.join())
      continue;
    const product = productOf(t.node, around);
    if (product && !product.addend) return { ...product, addend: c };
  }
  return undefined;
}

function bareProduct(node: Node, around: Surroundings): Product {
  const [a, alphaA, swapA] = operand(node.inputs[0]!, around);
  const [b, alphaB, swapB] = operand(node.inputs[1]!, around);
  return {
    a,
    b,
    alpha: alphaA * alphaB,
    transA: (node.attributes['transA'] === true) !== swapA,
    transB: (node.attributes['transB'] === true) !== swapB,
  };
}

function scaledProduct(node: Node, around: Surroundings): Product | undefined {
  const factor = scalarFactor(node);
  if (!factor || around.uses(factor.tensor) > 1) return undefined;
  const product = productOf(factor.tensor.node, around);
  return product && !product.addend ? { ...product, alpha: product.alpha * factor.value } : undefined;
}

/** What a matmul operand really is: without scalar factors, and without a swap of its last two axes. */
function operand(t: Tensor, around: Surroundings): [tensor: Tensor, alpha: number, swapped: boolean] {
  if (!around.has(t.node)) return [t, 1, false];
  const factor = t.node.op.name === 'mul' ? scalarFactor(t.node) : undefined;
  if (factor) {
    const [inner, alpha, swapped] = operand(factor.tensor, around);
    return [inner, alpha * factor.value, swapped];
  }
  if (t.node.op.name === 'transpose' && swapsLastTwo(t.node.attributes['order'] as readonly number[])) {
    const [inner, alpha, swapped] = operand(t.node.inputs[0]!, around);
    return [inner, alpha, !swapped];
  }
  return [t, 1, false];
}

function scalarFactor(node: Node): { tensor: Tensor; value: number } | undefined {
  const index = node.inputs.findIndex(
    (t) => t.node.op.name === 'constant' && t.dtype === 'f32' && t.shape.length === 0,
  );
  return index < 0 ? undefined : { tensor: node.inputs[1 - index]!, value: node.inputs[index]!.node.data![0]! };
}

/** The order of axes that transposes matrices in a tensor of this rank. */
export const swapLastTwo = (rank: number): number[] =>
  Array.from({ length: rank }, (_, i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i));
const swapsLastTwo = (order: readonly number[]): boolean => sameShape(order, swapLastTwo(order.length));

/** Tensors a product reads. */
export const productInputs = (p: Product): Tensor[] => (p.addend ? [p.a, p.b, p.addend] : [p.a, p.b]);
