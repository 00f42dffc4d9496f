import { elementAt, lastOf } from '../../arrays.js';
import { createRandom } from '../../random.js';
import { gradients } from '../../compute/tensor/autodiff.js';
import { Graph, type Tensor } from '../../compute/tensor/graph.js';
import * as ops from '../../compute/tensor/ops.js';
import { broadcastShapes, sameShape, sizeOf, type Shape } from '../../compute/tensor/types.js';
import type { ConformanceCheck } from '../check.js';
import {
  Draw,
  interpreted,
  requireSameResults,
  runOn,
  withBackend,
  type BackendUnderTest,
  type Operand,
} from './harness.js';

const graphs = 24;
const maxElements = 4000;
const extents = [1, 1, 2, 3, 4, 5, 7, 8, 16, 31, 33];

/**
 * Graphs that nobody thought of: operations put together at random, with several outputs, donated inputs and gradients.
 */
export function randomGraphChecks(test: BackendUnderTest): ConformanceCheck[] {
  return [0, 1, 2, 3].map((part) =>
    withBackend(test, `random graphs, part ${part + 1} of 4`, async (backend) => {
      for (let i = part; i < graphs; i += 4) {
        const { graph, operands, donated } = new RandomGraph(i).finish();
        const actual = await runOn(backend, graph, operands, donated);
        // Every operation keeps numbers near 1, but a dozen of them in a row add up their rounding.
        requireSameResults(graph.label, actual, interpreted(graph, operands), 10 * test.tolerance);
      }
    }),
  );
}

type Step = (t: Tensor) => Tensor | undefined;

/** A graph under construction. All choices follow from its number. */
class RandomGraph {
  private readonly graph: Graph;
  private readonly operands: Operand[] = [];
  private readonly inputs: Tensor[] = [];
  private readonly made: Tensor[] = [];
  private readonly draw: Draw;
  private readonly stream;
  private chosen = 0;
  /** Without corners, where rounding decides the side and with it the gradient. */
  private readonly smooth: boolean;

  constructor(number: number) {
    this.graph = new Graph(`random graph ${number}`);
    this.draw = new Draw(this.graph.label);
    this.stream = createRandom(1).stream(`${this.graph.label}, choices`);
    this.smooth = this.below(2) === 0;
    for (let i = 0; i < 3; i++) this.input(Array.from({ length: this.below(4) }, () => this.pick(extents)));
    for (let i = 6 + this.below(16); i > 0; i--) this.step();
  }

  finish(): { readonly graph: Graph; readonly operands: readonly Operand[]; readonly donated: readonly string[] } {
    const results = Array.from({ length: 1 + this.below(4) }, () => this.pick(this.made));
    if (this.smooth) results.push(...this.gradientsOf(results));
    results.forEach((t, i) => this.graph.output(`y${i}`, t));
    return {
      graph: this.graph,
      operands: this.operands,
      donated: this.operands.map((_, i) => `x${i}`).filter(() => this.below(2) === 0),
    };
  }

  /** Of the mean of all results, so that all of them matter. */
  private gradientsOf(results: readonly Tensor[]): Tensor[] {
    const loss = results.map((t) => ops.sum(ops.mul(t, 1 / sizeOf(t.shape)))).reduce((a, b) => ops.add(a, b));
    return gradients(loss, this.inputs).filter((t) => t !== undefined);
  }

  private below(n: number): number {
    return this.stream.integer(n, this.chosen++);
  }

  private pick<T>(list: readonly T[]): T {
    return elementAt(list, this.below(list.length));
  }

  /** An input of this shape, or without its first axis if that would be too large. */
  private input(wanted: Shape): Tensor {
    const shape = sizeOf(wanted) <= maxElements ? wanted : wanted.slice(1);
    const t = this.graph.input(`x${this.operands.length}`, shape);
    this.operands.push(this.draw.f32(shape));
    this.inputs.push(t);
    this.made.push(t);
    return t;
  }

  private ids(shape: Shape, limit: number): Tensor {
    const t = this.graph.input(`x${this.operands.length}`, shape, 'i32');
    this.operands.push(this.draw.ids(shape, limit));
    return t;
  }

  private step(): void {
    const t = this.pick(this.pick([this.made, this.made.slice(-3)]));
    const made = this.pick(Object.values(this.steps))(t);
    if (made && sizeOf(made.shape) <= maxElements) this.made.push(made);
  }

  /** Each makes a tensor from one, or finds that it cannot. All keep numbers near 1. */
  private readonly steps: Readonly<Record<string, Step>> = {
    unary: (t) => this.pick(smoothUnary)(t),
    binary: (t) => this.pick(smoothBinary)(t, this.partner(t)),
    scalar: (t) => this.pick([ops.add, ops.sub, ops.mul])(t, this.pick([0.5, -1, 0, 1])),
    corner: (t) =>
      this.smooth
        ? undefined
        : this.pick([
            ops.abs,
            (x: Tensor) => ops.clip(x, -0.5, 0.5),
            (x: Tensor) => ops.max(x),
            (x: Tensor) => ops.maximum(x, this.partner(x)),
            (x: Tensor) => ops.minimum(this.partner(x), x),
          ])(t),
    where: (t) => this.where(t, this.partner(t), this.pick(this.inputs)),
    matmul: (t) => this.product(t),
    sum: (t) =>
      this.sum(
        t,
        t.shape.map((_, i) => i).filter(() => this.below(2) === 0),
      ),
    squares: (t) => ops.mul(ops.sumSquares(t), 1 / sizeOf(t.shape)),
    reshape: (t) => this.reshape(t, sizeOf(t.shape), this.pick([1, 2, 3, 4, 5, 7])),
    transpose: (t) => ops.transpose(t, [...this.stream.permutation(t.shape.length, this.chosen++)]),
    slice: (t) => this.slice(t, this.below(t.shape.length)),
    concat: (t) =>
      t.shape.length === 0
        ? undefined
        : ops.concat(
            [t, ...this.made.filter((o) => sameShape(o.shape, t.shape)).slice(0, 2)],
            this.below(t.shape.length),
          ),
    expand: (t) =>
      t.shape.length > 2
        ? undefined
        : ops.expand(t, [this.pick(extents), ...t.shape.map((n) => (n === 1 ? this.pick(extents) : n))]),
    gather: (t) => ops.gatherRows(asRows(t), this.ids(this.pick([[3], [2, 4], [1]]), elementAt(asRows(t).shape, 0))),
    scatter: (t) => this.scatter(asRows(t), this.pick([1, 3, 9])),
    pick: (t) => ops.pick(asRows(t), this.idPerRow(t)),
    softmax: (t) => (t.shape.length === 0 ? undefined : ops.softmax(t)),
    rmsNorm: (t) => (t.shape.length === 0 ? undefined : ops.rmsNorm(t, this.input([lastOf(t.shape)]), 1e-3)),
    logprob: (t) => ops.tokenLogprob(asRows(t), this.idPerRow(t))[this.pick(['logprob', 'entropy'] as const)],
  };

  /** The condition is on an input, which no rounding touches. */
  private where(t: Tensor, other: Tensor, input: Tensor): Tensor | undefined {
    return fits(input, t, other) ? ops.where(ops.less(input, 0.1), t, other) : undefined;
  }

  private sum(t: Tensor, axes: readonly number[]): Tensor | undefined {
    if (axes.length === 0) return undefined;
    const count = sizeOf(axes.map((axis) => elementAt(t.shape, axis)));
    return ops.mul(ops.sum(t, axes, this.below(2) === 0), 1 / Math.sqrt(count));
  }

  private reshape(t: Tensor, n: number, factor: number): Tensor {
    return ops.reshape(
      t,
      this.pick(n % factor === 0 ? [[n], [factor, n / factor], [n / factor, 1, factor]] : [[n], [1, n], [n, 1]]),
    );
  }

  private slice(t: Tensor, axis: number): Tensor | undefined {
    const extent = t.shape[axis];
    const start = this.below(extent ?? 1);
    return extent === undefined ? undefined : ops.slice(t, axis, start, start + 1 + this.below(extent - start));
  }

  private scatter(rows: Tensor, wanted: number): Tensor {
    const [height, width] = rows.shape as [number, number];
    const count = wanted * width <= maxElements ? wanted : 1;
    const ids = this.ids([count], height);
    return ops.scatterAddRows(
      rows,
      ids,
      this.pick([this.input([count, width]), ops.expand(ops.slice(rows, 0, 0, 1), [count, width])]),
    );
  }

  private idPerRow(t: Tensor): Tensor {
    const [height, width] = asRows(t).shape as [number, number];
    return this.ids([height], width);
  }

  /** Another tensor that can be joined with this one element by element. */
  private partner(t: Tensor): Tensor {
    return this.pick(this.made.filter((o) => fits(o, t)));
  }

  /** With itself or another one, transposed where that makes the inner extents equal. */
  private product(t: Tensor): Tensor | undefined {
    if (t.shape.length < 2) return undefined;
    const sameBatch = this.made.filter(
      (o) => o.shape.length >= 2 && sameShape(o.shape.slice(0, -2), t.shape.slice(0, -2)),
    );
    const choices = sameBatch.flatMap((o) =>
      transpositions.flatMap((how) => {
        const inner = how.transA ? rowsOf(t) : columnsOf(t);
        return inner === (how.transB ? columnsOf(o) : rowsOf(o)) ? [{ o, inner, how }] : [];
      }),
    );
    const { o, inner, how } = this.pick(choices);
    return ops.mul(ops.matmul(t, o, how), 1 / Math.sqrt(inner));
  }
}

const transpositions = [
  { transA: false, transB: false },
  { transA: false, transB: true },
  { transA: true, transB: false },
  { transA: true, transB: true },
];
const rowsOf = ({ shape }: Tensor): number => elementAt(shape, shape.length - 2);
const columnsOf = ({ shape }: Tensor): number => lastOf(shape);

const smoothUnary: readonly ((x: Tensor) => Tensor)[] = [
  ops.neg,
  ops.sigmoid,
  ops.silu,
  (x) => ops.sqrt(ops.add(ops.mul(x, x), 0.5)),
  (x) => ops.log(ops.add(ops.mul(x, x), 1)),
  (x) => ops.exp(ops.sigmoid(x)),
];
const smoothBinary: readonly ((a: Tensor, b: Tensor) => Tensor)[] = [
  (a, b) => ops.mul(ops.add(a, b), 0.5),
  (a, b) => ops.sub(b, a),
  ops.mul,
  (a, b) => ops.div(a, ops.add(ops.mul(b, b), 1)),
];

/** Whether all broadcast to a shape that is not too large. */
function fits(...tensors: readonly Tensor[]): boolean {
  const shape = tensors.reduce<Shape | undefined>((joined, t) => joined && broadcastShapes(joined, t.shape), []);
  return shape !== undefined && sizeOf(shape) <= maxElements;
}

/** As a table of at least one row. */
const asRows = (t: Tensor): Tensor => (t.shape.length === 0 ? ops.reshape(t, [1, 1]) : ops.toRows(t));
