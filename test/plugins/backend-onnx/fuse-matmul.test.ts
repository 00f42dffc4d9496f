import { describe, expect, it } from 'vitest';
import { Graph, type Node, type Tensor } from '../../../core/compute/tensor/graph.js';
import { add, exp, matmul, mul, transpose } from '../../../core/compute/tensor/ops.js';
import { productOf, type Product } from '../../../plugins/backend-onnx/lower/fuse-matmul.js';

/** The product of the node that makes `t`, in a model of all nodes but `outside`, from which `wanted` come out. */
function product(t: Tensor, wanted: readonly Tensor[] = [t], outside: readonly Tensor[] = []): Product | undefined {
  const nodes = t.graph.nodes.filter((n) => !outside.some((o) => o.node === n));
  const uses = (x: Tensor): number =>
    nodes.flatMap((n) => n.inputs).filter((i) => i === x).length + (wanted.includes(x) ? 2 : 0);
  return productOf(t.node, { has: (n: Node) => nodes.includes(n), uses });
}

function operands(): { g: Graph; a: Tensor; b: Tensor; c: Tensor } {
  const g = new Graph('products');
  return { g, a: g.input('a', [3, 4]), b: g.input('b', [4, 5]), c: g.input('c', [3, 5]) };
}

describe('what a matrix product takes in', () => {
  it('a sum after it, as the addend: gradients accumulate inside Gemm', () => {
    const { a, b, c } = operands();
    expect(product(add(c, matmul(a, b)))).toMatchObject({ a, b, addend: c, alpha: 1 });
    const { g, a: x, b: y } = operands();
    const bias = g.input('bias', [5]);
    expect(product(add(matmul(x, y), bias))).toMatchObject({ addend: bias });
  });

  it('of two products the earlier as addend of the later', () => {
    const { a, b } = operands();
    const first = matmul(a, b),
      second = matmul(a, exp(b));
    expect(product(add(first, second))).toMatchObject({ addend: first, b: second.node.inputs[1] });
  });

  it('factors before and after it, and transpositions of its operands', () => {
    const { a, b } = operands();
    const scaled = mul(matmul(mul(a, 2), transpose(mul(3, transpose(b, [1, 0])), [1, 0])), 0.5);
    expect(product(scaled)).toMatchObject({ a, b, alpha: 3, transA: false, transB: false });
    expect(product(matmul(transpose(a, [1, 0]), matmul(a, b)))).toMatchObject({ a, transA: true });
  });

  it('nothing that would be computed twice: a bare product that is read elsewhere stays', () => {
    const { a, b, c } = operands();
    const bare = matmul(a, b),
      total = add(bare, c);
    expect(product(total, [total, bare])).toBeUndefined();
    expect(product(mul(bare, 2), [bare])).toBeUndefined();
  });

  it('nothing beyond its own model', () => {
    const { a, b, c } = operands();
    const bare = matmul(a, b),
      scaled = mul(a, 2);
    expect(product(add(bare, c), [], [bare])).toBeUndefined();
    expect(product(matmul(scaled, b), [], [scaled])).toMatchObject({ a: scaled, alpha: 1 });
  });

  it('no sum that broadcasts the product', () => {
    const { g, a } = operands();
    const column = matmul(a, g.input('v', [4, 1]));
    expect(product(add(column, g.input('wide', [3, 5])))).toBeUndefined();
    expect(product(add(column, g.input('stacked', [2, 3, 1])))).toBeUndefined();
  });
});
