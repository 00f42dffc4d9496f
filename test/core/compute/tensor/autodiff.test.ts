import { describe, expect, it } from 'vitest';
import { gradients, vectorJacobian } from '../../../../core/compute/tensor/autodiff.js';
import { Graph, type Tensor } from '../../../../core/compute/tensor/graph.js';
import { interpret } from '../../../../core/compute/tensor/interpret.js';
import * as ops from '../../../../core/compute/tensor/ops.js';
import { given, graphOf, random } from './numeric.js';

/** Values of d(loss)/d(wrt) for loss and wrt built from inputs x0, x1, … */
function derivatives(
  build: (...x: Tensor[]) => { loss: Tensor; wrt: readonly Tensor[] },
  ...values: readonly (readonly number[])[]
): (number[] | undefined)[] {
  const graph = new Graph('test');
  const { loss, wrt } = build(...values.map((v, i) => graph.input(`x${i}`, [v.length])));
  const found = gradients(loss, wrt);
  found.forEach((d, i) => {
    if (d) graph.output(`d${i}`, d);
  });
  graph.output('loss', loss);
  const results = interpret(graph, Object.fromEntries(values.map((v, i) => [`x${i}`, v])));
  return found.map((d, i) => d && [...results[`d${i}`]!]);
}

describe('gradients', () => {
  it('add up over every use of a shared node', () => {
    // y = x², loss = Σ (y · y + 3 y): d/dx = 4 x³ + 6 x
    const [d] = derivatives(
      (x) => {
        const y = ops.mul(x, x);
        return { loss: ops.sum(ops.add(ops.mul(y, y), ops.mul(y, 3))), wrt: [x] };
      },
      [1, -2, 0.5],
    );
    expect(d).toEqual([10, -44, 3.5]);
  });

  it('count a tensor once for each input of a macro-op that it is', () => {
    // a · b² with a and b one tensor: 3 x²
    const product = {
      name: 'product',
      infer: ([a]: readonly Tensor[]) => [{ shape: a!.shape, dtype: 'f32' as const }],
      decompose: ([a, b]: readonly Tensor[]) => [ops.mul(a!, ops.mul(b!, b!))],
    };
    const [d] = derivatives((x) => ({ loss: ops.sum(x.graph.node(product, [x, x])[0]!), wrt: [x] }), [2, 3]);
    expect(d).toEqual([12, 27]);
  });

  it('are undefined where nothing flows', () => {
    const found = derivatives(
      (x, y) => ({ loss: ops.sum(ops.mul(x, ops.stopGradient(y))), wrt: [x, y] }),
      [1, 2],
      [3, 4],
    );
    expect(found).toEqual([[3, 4], undefined]);
  });

  it('do not pass stopGradient, not even on the way to an operation without gradient', () => {
    // The maximum counts as a constant: d/dx Σ exp(x − max) = exp(x − max).
    const [d] = derivatives(
      (x) => ({ loss: ops.sum(ops.exp(ops.sub(x, ops.max(ops.stopGradient(x))))), wrt: [x] }),
      [0, Math.log(2)],
    );
    expect(d![0]).toBeCloseTo(0.5, 12);
    expect(d![1]).toBeCloseTo(1, 12);
  });

  it('flow through one wanted tensor to another', () => {
    // y = x², loss = Σ y²: d/dy = 2 y, d/dx = 4 x³
    const found = derivatives(
      (x) => {
        const y = ops.mul(x, x);
        return { loss: ops.sum(ops.mul(y, y)), wrt: [x, y] };
      },
      [1, 2],
    );
    expect(found).toEqual([
      [4, 32],
      [2, 8],
    ]);
  });

  it('of a loss with respect to itself and to a scalar input', () => {
    const found = derivatives(
      (x) => {
        const loss = ops.sum(ops.mul(x, 5));
        return { loss, wrt: [loss, x] };
      },
      [3],
    );
    expect(found).toEqual([[1], [5]]);
  });

  it('pass clip inside its range and at its ends only', () => {
    expect(derivatives((x) => ({ loss: ops.sum(ops.clip(x, -1, 1)), wrt: [x] }), [-2, -1, 0, 1, 2])).toEqual([
      [0, 1, 1, 1, 0],
    ]);
  });

  it('at a tie of minimum or maximum go to the first argument', () => {
    expect(derivatives((a, b) => ({ loss: ops.sum(ops.minimum(a, b)), wrt: [a, b] }), [1, 2], [1, 3])).toEqual([
      [1, 1],
      [0, 0],
    ]);
    expect(derivatives((a, b) => ({ loss: ops.sum(ops.maximum(a, b)), wrt: [a, b] }), [1, 2], [1, 3])).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  it('refuse a loss that is no scalar, and an operation without gradient', () => {
    const g = new Graph('test'),
      x = g.input('x', [3]);
    expect(() => gradients(ops.exp(x), [x])).toThrow(
      expect.objectContaining({ code: 'ORZ_GRAPH_SHAPE', message: expect.stringContaining('[3]') }),
    );
    expect(() => gradients(ops.max(x), [x])).toThrow(
      expect.objectContaining({ code: 'ORZ_GRAPH_NO_GRADIENT', message: expect.stringContaining('max') }),
    );
  });
});

describe('running sums', () => {
  it('are added to what flows into an input', () => {
    const g = new Graph('test');
    const x = g.input('x', [2]),
      y = g.input('y', [2]),
      sumX = g.input('sumX', [2]),
      sumY = g.input('sumY', [2]);
    const [dx, dy] = gradients(
      ops.sum(ops.mul(x, x)),
      [x, y],
      new Map([
        [x, sumX],
        [y, sumY],
      ]),
    );
    expect(dy).toBe(sumY);
    g.output('dx', dx!);
    expect([...interpret(g, { x: [1, 2], y: [0, 0], sumX: [10, 20], sumY: [5, 5] })['dx']!]).toEqual([12, 24]);
  });

  it('of an inner tensor do not flow on to what it was computed from', () => {
    const g = new Graph('test');
    const x = g.input('x', [2]),
      total = g.input('total', [2]),
      y = ops.mul(x, 3);
    const [dx, dy] = gradients(ops.sum(ops.mul(y, y)), [x, y], new Map([[y, total]]));
    g.output('dx', dx!);
    g.output('dy', dy!);
    const results = interpret(g, { x: [1, 2], total: [100, 200] });
    expect([...results['dx']!]).toEqual([18, 36]);
    expect([...results['dy']!]).toEqual([106, 212]);
  });

  it('add up exactly over two micro-batches', () => {
    const g = new Graph('test');
    const w = g.input('w', [3]),
      a = g.input('a', [3]),
      b = g.input('b', [3]);
    const loss = (x: Tensor): Tensor => ops.sum(ops.exp(ops.mul(w, x)));
    const [whole] = gradients(ops.add(loss(a), loss(b)), [w]);
    const [first] = gradients(loss(a), [w]);
    const [second] = gradients(loss(b), [w], new Map([[w, first!]]));
    g.output('whole', whole!);
    g.output('parts', second!);
    const results = interpret(g, { w: random([3]).values, a: random([3]).values, b: random([3]).values });
    results['whole']!.forEach((v, i) => expect(results['parts']![i]).toBeCloseTo(v, 14));
  });
});

describe('blocks', () => {
  const shapes = [[4, 6], [5, 6], [6], [6, 5], [5, 6], [6]] as const;
  const block = (x: Tensor, w: Tensor, n: Tensor, wOut: Tensor): Tensor =>
    ops.add(x, ops.matmul(ops.silu(ops.matmul(ops.rmsNorm(x, n, 1e-6), w, { transB: true })), wOut, { transB: true }));
  const head = (x: Tensor): Tensor =>
    ops.sum(ops.tokenLogprob(x, x.graph.constant(Int32Array.of(0, 5, 2, 2), [4])).logprob);

  it('differentiated one by one give the gradient of the whole', () => {
    const operands = shapes.map((shape) => random(shape));
    const {
      graph,
      inputs: [x, w1, n, wOut, w2],
    } = graphOf((t) => t, operands);
    const y1 = block(x!, w1!, n!, wOut!),
      y2 = block(y1, w2!, n!, wOut!);
    const whole = gradients(head(y2), [x!, w1!, w2!, n!, wOut!]);

    // The same by cutting at y1: its value and its gradient cross the border as inputs would.
    const border = graph.input('border', y1.shape),
      dBorder = graph.input('dBorder', y1.shape);
    const [dy1, dw2, dn2, dOut2] = gradients(head(block(border, w2!, n!, wOut!)), [border, w2!, n!, wOut!]);
    const [dx, dw1, dn, dOut] = vectorJacobian([[y1, dBorder]], [x!, w1!, n!, wOut!]);
    const named: Record<string, Tensor> = {
      y1,
      dy1: dy1!,
      dw2: dw2!,
      dn2: dn2!,
      dOut2: dOut2!,
      dx: dx!,
      dw1: dw1!,
      dn: dn!,
      dOut: dOut!,
    };
    for (const [name, t] of Object.entries(named)) graph.output(name, t);
    whole.forEach((t, i) => graph.output(`whole${i}`, t!));

    const feeds = Object.fromEntries(operands.map((o, i) => [`x${i}`, o.values]));
    const zeros = new Float64Array(24);
    const forward = interpret(graph, { ...feeds, border: zeros, dBorder: zeros });
    const second = interpret(graph, { ...feeds, border: forward['y1']!, dBorder: zeros });
    const first = interpret(graph, { ...feeds, border: zeros, dBorder: second['dy1']! });
    const sum = (a: Float64Array, b: Float64Array): Float64Array => a.map((v, i) => v + b[i]!);
    const parts = [
      first['dx']!,
      first['dw1']!,
      second['dw2']!,
      sum(first['dn']!, second['dn2']!),
      sum(first['dOut']!, second['dOut2']!),
    ];
    parts.forEach((part, k) => part.forEach((v, i) => expect(v).toBeCloseTo(forward[`whole${k}`]![i]!, 12)));
  });

  it('take several outputs with a gradient each, and none at all', () => {
    const g = new Graph('test');
    const x = g.input('x', [2]);
    const [d] = vectorJacobian(
      [
        [ops.mul(x, 2), g.constant(Float32Array.of(1, 10), [2])],
        [ops.mul(x, x), g.scalar(1)],
        [ops.exp(x), undefined],
      ],
      [x],
    );
    g.output('d', d!);
    expect([...interpret(g, { x: [3, 4] })['d']!]).toEqual([2 + 6, 20 + 8]);
    expect(vectorJacobian([], [x])).toEqual([undefined]);
  });
});

describe('operations', () => {
  it('give the same gradient with macro-ops as with their definitions', () => {
    const x = random([3, 5]),
      w = random([5]);
    const withMacros = graphOf((a, b) => ops.softmax(ops.silu(ops.rmsNorm(a, b, 1e-6))), [x, w]);
    const spelled = graphOf(
      (a, b) => {
        const meanSquare = ops.mul(ops.sum(ops.mul(a, a), [-1], true), 0.2);
        const normed = ops.mul(ops.mul(a, ops.div(1, ops.sqrt(ops.add(meanSquare, 1e-6)))), b);
        const e = ops.exp(ops.mul(normed, ops.sigmoid(normed)));
        return ops.div(e, ops.sum(e, [-1], true));
      },
      [x, w],
    );
    const [macro, plain] = [withMacros, spelled].map(({ graph, inputs, results }) => {
      vectorJacobian(
        [
          [
            results[0]!,
            graph.constant(
              Float32Array.from({ length: 15 }, (_, i) => i / 7),
              [3, 5],
            ),
          ],
        ],
        inputs,
      ).forEach((d, i) => graph.output(`d${i}`, d!));
      return interpret(graph, { x0: x.values, x1: w.values });
    });
    for (const name of ['d0', 'd1']) macro![name]!.forEach((v, i) => expect(v).toBeCloseTo(plain![name]![i]!, 6));
  });

  it('never differentiate an id', () => {
    const ids = given([2], [1, 0], 'i32');
    const { inputs, results } = graphOf((table, index) => ops.sum(ops.gatherRows(table, index)), [random([2, 3]), ids]);
    expect(gradients(results[0]!, inputs)[1]).toBeUndefined();
  });
});
