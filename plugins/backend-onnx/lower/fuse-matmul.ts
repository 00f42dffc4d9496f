import { elementAt } from '../../../core/arrays.js';
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

/** What fusion needs to know about the nodes that become one model. */
export interface Surroundings {
  /** Whether the node is part of the same model; fusion cannot look beyond it. */
  has(node: Node): boolean;
  /** How many nodes of the model read a tensor; at least 2 if it must also come out of the model. */
  uses(t: Tensor): number;
}

/**
 * The product that computes `node`, or undefined if it is none. Folds scalar factors and transpositions of the
 * operands, a factor after it, and into a rank-2 product a sum after it, if nothing else reads the bare product. Sums
 * matter most: weight gradients that add up in Gemm's C reach 173 GFLOP/s, Transpose + MatMul + Add 90.
 */
export function productOf(node: Node, around: Surroundings): Product | undefined {
  if (!around.has(node)) return undefined;
  if (node.op.name === 'matmul') return bareProduct(node, around);
  if (node.op.name === 'mul') return scaledProduct(node, around);
  if (node.op.name !== 'add') return undefined;
  const first = elementAt(node.inputs, 0),
    second = elementAt(node.inputs, 1);
  // Of two products the later one takes the earlier as its addend.
  return productPlus(second, first, node, around) ?? productPlus(first, second, node, around);
}

/** The sum `node` as the product `term` with an addend, if it can be computed so. */
function productPlus(term: Tensor, addend: Tensor, node: Node, around: Surroundings): Product | undefined {
  const isAlone = term !== addend && around.uses(term) <= 1;
  if (!isAlone || term.shape.length !== 2 || !sameShape(term.shape, elementAt(node.outputs, 0).shape)) return undefined;
  const product = productOf(term.node, around);
  return product && !product.addend ? { ...product, addend } : undefined;
}

function bareProduct(node: Node, around: Surroundings): Product {
  const [a, alphaA, swapA] = operand(elementAt(node.inputs, 0), around);
  const [b, alphaB, swapB] = operand(elementAt(node.inputs, 1), around);
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
    const [inner, alpha, swapped] = operand(elementAt(t.node.inputs, 0), around);
    return [inner, alpha, !swapped];
  }
  return [t, 1, false];
}

/** The two inputs of a multiplication by a constant scalar: what is multiplied, and by which number. */
function scalarFactor(node: Node): { readonly tensor: Tensor; readonly value: number } | undefined {
  const first = elementAt(node.inputs, 0),
    second = elementAt(node.inputs, 1);
  for (const [constant, tensor] of [
    [first, second],
    [second, first],
  ] as const) {
    const isScalar = constant.node.op.name === 'constant' && constant.dtype === 'f32' && constant.shape.length === 0;
    const value = isScalar ? constant.node.data?.[0] : undefined;
    if (value !== undefined) return { tensor, value };
  }
  return undefined;
}

/** The order of axes that transposes matrices in a tensor of this rank. */
export function swapLastTwo(rank: number): number[] {
  const order = Array.from({ length: rank }, (_, axis) => axis);
  return [...order.slice(0, -2), rank - 1, rank - 2];
}
const swapsLastTwo = (order: readonly number[]): boolean => sameShape(order, swapLastTwo(order.length));

/** Tensors a product reads. */
export const productInputs = (p: Product): Tensor[] => (p.addend ? [p.a, p.b, p.addend] : [p.a, p.b]);
