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

/** Gemm for matrices. For batches of them FusedMatMul where the provider has it, else the same in several operators. */
export function lowerProduct(
  model: ModelBuilder,
  product: Product,
  [a, b, addend]: readonly Value[],
  target: Target,
): Value {
  let { transA, transB } = product;
  const rank = product.a.shape.length;
  const swapped = (value: Value): Value =>
    model.node('Transpose', [value], { attributes: { perm: swapLastTwo(rank) } });
  if (target.cpuThreads !== undefined) {
    const form = stableForm(product, target.cpuThreads);
    if (form.transposeA) [a, transA] = [swapped(a!), true];
    if (form.columnAsRow)
      [b, transB] = [
        model.node('Reshape', [b!, model.integers([...product.b.shape.slice(0, -2), 1, product.b.shape.at(-2)!])]),
        true,
      ];
  }
  const flags = { transA: transA ? 1 : 0, transB: transB ? 1 : 0, alpha: { float: product.alpha } };
  if (rank === 2) return model.node('Gemm', addend === undefined ? [a!, b!] : [a!, b!, addend], { attributes: flags });
  const plain = !transA && !transB && product.alpha === 1;
  if (!plain && target.hasFusedMatMul)
    return model.node('FusedMatMul', [a!, b!], { domain: 'com.microsoft', attributes: flags });
  const result = model.node('MatMul', [transA ? swapped(a!) : a!, transB ? swapped(b!) : b!]);
  return product.alpha === 1 ? result : model.node('Mul', [result, model.scalar(product.alpha)]);
}
