import { describe, expect, it } from 'vitest';
import { Graph } from '../../../core/compute/tensor/graph.js';
import { expand, matmul, reshape } from '../../../core/compute/tensor/ops.js';
import { lowerModel } from '../../../plugins/backend-onnx/lower/lower.js';
import { ModelBuilder } from '../../../plugins/backend-onnx/model/builder.js';

/** Nodes of an encoded model with an operator: each names it twice, as its type and in its own name. */
const count = (bytes: Uint8Array, operator: string): number =>
  new TextDecoder('latin1').decode(bytes).split(operator).length / 2 - 0.5;

describe('a model under construction', () => {
  it('computes only the last of several reshapes, and all that are wanted', () => {
    const model = new ModelBuilder('reshapes');
    const column = model.reshape(model.reshape(model.input('f32', [6]), [2, 3]), [6, 1]);
    model.output(column, 'f32', [6, 1]);
    expect(count(model.encode(), 'Reshape')).toBe(1);

    const both = new ModelBuilder('both');
    const matrix = both.reshape(both.input('f32', [6]), [2, 3]);
    both.output(both.reshape(matrix, [6, 1]), 'f32', [6, 1]);
    both.output(matrix, 'f32', [2, 3]);
    expect(count(both.encode(), 'Reshape')).toBe(2);
  });

  it('leaves out what no output depends on', () => {
    const model = new ModelBuilder('superfluous');
    const x = model.input('f32', [2]);
    model.node('Exp', [x]);
    model.output(model.node('Neg', [x]), 'f32', [2]);
    expect([count(model.encode(), 'Exp'), count(model.encode(), 'Neg')]).toEqual([0, 1]);
  });

  it('stores small constants that are broadcast, and makes large ones when it is executed', () => {
    for (const [rows, made] of [
      [64, 0],
      [5000, 1],
    ] as const) {
      const g = new Graph('sums');
      const product = matmul(g.input('x', [1, rows]), expand(g.scalar(1), [rows, 1]));
      const sum = reshape(product, [1]);
      const nodes = g.nodes.filter(({ op }) => op.name !== 'input' && op.name !== 'constant');
      const { bytes } = lowerModel('sums', nodes, [sum], { hasFusedMatMul: true, cpuThreads: 1 });
      expect(count(bytes, 'Expand'), `${rows}`).toBe(made);
    }
  });
});
