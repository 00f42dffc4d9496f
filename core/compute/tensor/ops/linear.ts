import { expectDType, shapeError, type OpDefinition, type Tensor } from '../graph.js';
import { sameShape } from '../types.js';
import { add } from './elementwise.js';
import { reshape } from './shape.js';

const matmulOp: OpDefinition = {
  name: 'matmul',
  infer: ([a, b], attributes) => {
    expectDType('matmul', 'f32', a!, b!);
    if (a!.shape.length < 2 || !sameShape(a!.shape.slice(0, -2), b!.shape.slice(0, -2)))
      shapeError('matmul', [a!, b!], 'two matrices with equal batch extents');
    const [m, k] = matrix(a!, attributes['transA'] === true);
    const [k2, n] = matrix(b!, attributes['transB'] === true);
    if (k !== k2) shapeError('matmul', [a!, b!], `equal inner extents, not ${k} and ${k2}`);
    return [{ shape: [...a!.shape.slice(0, -2), m, n], dtype: 'f32' }];
  },
  gradient: (node, [dy]) => {
    if (!dy) return [];
    const [a, b] = node.inputs as [Tensor, Tensor];
    const transA = node.attributes['transA'] === true,
      transB = node.attributes['transB'] === true;
    return [
      transA ? matmul(b, dy, { transA: transB, transB: true }) : matmul(dy, b, { transB: !transB }),
      transB ? matmul(dy, a, { transA: true, transB: transA }) : matmul(a, dy, { transA: !transA }),
    ];
  },
};

const matrix = (t: Tensor, transposed: boolean): [number, number] => {
  const [rows, columns] = t.shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
};

/** Matrix product over the last two axes, [..., M, K] × [..., K, N] → [..., M, N]; batch extents must be equal. */
export const matmul = (
  a: Tensor,
  b: Tensor,
  options: { readonly transA?: boolean; readonly transB?: boolean } = {},
): Tensor => a.graph.node(matmulOp, [a, b], { transA: options.transA ?? false, transB: options.transB ?? false })[0]!;

/** x [..., in] times a weight stored [out, in] (the Hugging Face layout), plus a bias [out] if given. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const rows = reshape(x, [x.shape.slice(0, -1).reduce((p, n) => p * n, 1), x.shape.at(-1)!]);
  const product = matmul(rows, weight, { transB: true });
  return reshape(bias ? add(product, bias) : product, [...x.shape.slice(0, -1), weight.shape[0]!]);
}
