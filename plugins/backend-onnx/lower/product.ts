import { elementAt } from '../../../core/arrays.js';
import type { ModelBuilder, Value } from '../model/builder.js';
import { swapLastTwo, type Product } from './fuse-matmul.js';
import { stableForm } from './stable-products.js';

/** What the lowering must know of the provider. */
export interface Target {
  /** Whether it has FusedMatMul, ONNX Runtime's MatMul with transpositions and a factor. */
  readonly hasFusedMatMul: boolean;
  /** Threads of the CPU kernels; undefined on a GPU. */
  readonly cpuThreads?: number;
}

/** The operands of a product as they are passed to an operator. */
interface Operands {
  readonly a: Value;
  readonly b: Value;
  readonly transA: boolean;
  readonly transB: boolean;
}

/**
 * Gemm for matrices. For batches of them FusedMatMul where the provider has it, else the same in several operators.
 * `inputs` are the values of `productInputs(product)`.
 */
export function lowerProduct(model: ModelBuilder, product: Product, inputs: readonly Value[], target: Target): Value {
  const { alpha } = product,
    rank = product.a.shape.length,
    addend = inputs[2];
  const swapped = (value: Value): Value =>
    model.node('Transpose', [value], { attributes: { perm: swapLastTwo(rank) } });
  const { a, b, transA, transB } = stableOperands(model, product, inputs, target);
  const flags = { transA: transA ? 1 : 0, transB: transB ? 1 : 0, alpha: { float: alpha } };
  if (rank === 2) return model.node('Gemm', addend === undefined ? [a, b] : [a, b, addend], { attributes: flags });
  const isPlain = !transA && !transB && alpha === 1;
  if (!isPlain && target.hasFusedMatMul)
    return model.node('FusedMatMul', [a, b], { domain: 'com.microsoft', attributes: flags });
  const result = model.node('MatMul', [transA ? swapped(a) : a, transB ? swapped(b) : b]);
  return alpha === 1 ? result : model.node('Mul', [result, model.scalar(alpha)]);
}

/** The operands in the form in which the CPU's bits depend on neither threads nor batch; on a GPU as they are. */
function stableOperands(
  model: ModelBuilder,
  product: Product,
  inputs: readonly Value[],
  { cpuThreads }: Target,
): Operands {
  const { shape } = product.b;
  let { transA, transB } = product,
    a = elementAt(inputs, 0),
    b = elementAt(inputs, 1);
  if (cpuThreads === undefined) return { a, b, transA, transB };
  const form = stableForm(product, cpuThreads);
  if (form.transposeA) {
    a = model.node('Transpose', [a], { attributes: { perm: swapLastTwo(product.a.shape.length) } });
    transA = true;
  }
  if (form.columnAsRow) {
    const row = [...shape.slice(0, -2), 1, elementAt(shape, shape.length - 2)];
    b = model.reshape(b, row);
    transB = true;
  }
  return { a, b, transA, transB };
}
