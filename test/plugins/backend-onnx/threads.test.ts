import { expect, it } from 'vitest';
import { Graph } from '../../../core/compute/tensor/graph.js';
import { exp, matmul } from '../../../core/compute/tensor/ops.js';
import { threadsFor } from '../../../plugins/backend-onnx/threads.js';

function productOf(m: number, k: number, n: number): Graph {
  const graph = new Graph('product');
  graph.output('y', matmul(graph.input('a', [k, m]), graph.input('b', [k, n]), { transA: true }));
  return graph;
}

it('a large product gets all threads, a small one none but its own', () => {
  expect(threadsFor(productOf(512, 512, 512).nodes, 8)).toBe(8);
  expect(threadsFor(productOf(64, 512, 512).nodes, 8)).toBe(1);
});

it('many elements are worth threads too', () => {
  const graph = new Graph('elements');
  graph.output('y', exp(graph.input('x', [2048, 2048])));
  expect(threadsFor(graph.nodes, 8)).toBe(8);
});
