import { flagAttribute } from '../attributes.js';
import { shapeMismatch } from '../errors.js';
import { extentOf } from '../extents.js';
import { expectDType, type Op, type Tensor } from '../graph.js';
import { sameShape } from '../types.js';
import { add } from './elementwise.js';
import { reshape } from './shape.js';

const matmulOp: Op<2> = {
  name: 'matmul',
  infer: ([a, b], attributes) => {
    expectDType('matmul', 'f32', a, b);
    const batch = a.shape.slice(0, -2);
    if (a.shape.length < 2 || b.shape.length < 2 || !sameShape(batch, b.shape.slice(0, -2)))
      throw shapeMismatch('matmul', [a, b], 'two matrices with equal batch extents');
    const [m, k] = matrix(a, flagAttribute(attributes, 'transA'));
    const [k2, n] = matrix(b, flagAttribute(attributes, 'transB'));
    if (k !== k2) throw shapeMismatch('matmul', [a, b], `equal inner extents, not ${k} and ${k2}`);
    return [{ shape: [...batch, m, n], dtype: 'f32' }];
  },
  gradient: ({ inputs: [a, b], attributes }, [dy]) => {
    if (!dy) return [];
    const transA = flagAttribute(attributes, 'transA'),
      transB = flagAttribute(attributes, 'transB');
    return [
      transA ? matmul(b, dy, { transA: transB, transB: true }) : matmul(dy, b, { transB: !transB }),
      transB ? matmul(dy, a, { transA: true, transB: transA }) : matmul(a, dy, { transA: !transA }),
    ];
  },
};

const matrix = (t: Tensor, transposed: boolean): [number, number] => {
  const rows = extentOf(t, -2),
    columns = extentOf(t, -1);
  return transposed ? [columns, rows] : [rows, columns];
};

/** Matrix product over the last two axes, [..., M, K] × [..., K, N] → [..., M, N]; batch extents must be equal. */
export const matmul = (
  a: Tensor,
  b: Tensor,
  options: { readonly transA?: boolean; readonly transB?: boolean } = {},
): Tensor => a.graph.node(matmulOp, [a, b], { transA: options.transA ?? false, transB: options.transB ?? false })[0];

/** x [..., in] times a weight stored [out, in] (the Hugging Face layout), plus a bias [out] if given. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const leading = x.shape.slice(0, -1);
  const rows = reshape(x, [leading.reduce((p, n) => p * n, 1), extentOf(x, -1)]);
  const product = matmul(rows, weight, { transB: true });
  return reshape(bias ? add(product, bias) : product, [...leading, extentOf(weight, 0)]);
}
