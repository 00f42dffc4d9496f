import { createRandom } from '../../../../core/random.js';
import { gradients } from '../../../../core/compute/tensor/autodiff.js';
import { Graph, type Tensor } from '../../../../core/compute/tensor/graph.js';
import { createInterpreter } from '../../../../core/compute/tensor/interpret.js';
import { add, cast, fullLike, mul, sum, type DecodeAttentionTensors } from '../../../../core/compute/tensor/ops.js';
import { sizeOf, type DType, type Shape } from '../../../../core/compute/tensor/types.js';

/** One input of a graph under test: its values, and whether it is differentiated. */
export interface Operand {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly values: Float64Array;
}

const { uniform, integer } = createRandom(20250331).stream('tensor-tests');
let drawn = 0;

/** Fresh f32 values, uniform in [low, high). */
export function random(shape: Shape, low = -1, high = 1): Operand {
  const key = drawn++;
  return {
    shape,
    dtype: 'f32',
    values: Float64Array.from({ length: sizeOf(shape) }, (_, i) => low + (high - low) * uniform(key, i)),
  };
}

/** Fresh integers in [0, limit). */
export function randomIds(shape: Shape, limit: number): Operand {
  const key = drawn++;
  return {
    shape,
    dtype: 'i32',
    values: Float64Array.from({ length: sizeOf(shape) }, (_, i) => integer(limit, key, i)),
  };
}

export const given = (shape: Shape, values: readonly number[], dtype: DType = 'f32'): Operand => ({
  shape,
  dtype,
  values: Float64Array.from(values),
});

/** An extent from `low` to `high`. */
export const extent = (low: number, high: number): number => low + integer(high - low + 1, drawn++);

export type Build = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

/** The inputs of `decodeAttention` in the order in which it declares them. */
export function decodeInputs(inputs: readonly Tensor[]): DecodeAttentionTensors {
  const [q, k, v, keyCache, valueCache, lengths] = inputs;
  return { q: q!, k: k!, v: v!, keyCache: keyCache!, valueCache: valueCache!, lengths: lengths! };
}

const named = (operands: readonly Operand[]): Record<string, Float64Array> =>
  Object.fromEntries(operands.map((o, i) => [`x${i}`, o.values]));

/** The graph of `build` on inputs x0, x1, … */
export function graphOf(
  build: Build,
  operands: readonly Operand[],
): { graph: Graph; inputs: Tensor[]; results: readonly Tensor[] } {
  const graph = new Graph('test');
  const inputs = operands.map((o, i) => graph.input(`x${i}`, o.shape, o.dtype));
  const built = build(...inputs);
  return { graph, inputs, results: 'graph' in built ? [built] : built };
}

/** Values of what `build` returns, in float64, conditions as 0 and 1. */
export function evaluate(build: Build, ...operands: readonly Operand[]): Float64Array[] {
  const { graph, results } = graphOf(build, operands);
  results.forEach((t, i) => graph.output(`y${i}`, t.dtype === 'bool' ? cast(t, 'i32') : t));
  const outputs = createInterpreter(graph).execute(named(operands));
  return results.map((_, i) => outputs[`y${i}`]!);
}

/**
 * Σ weights · results with fixed random weights: a scalar that depends on every element of every result in its own way.
 */
export function weightedSum(graph: Graph, results: readonly Tensor[]): Tensor {
  const weights = (t: Tensor, i: number): Tensor =>
    graph.constant(
      Float32Array.from({ length: sizeOf(t.shape) }, (_, j) => 2 * uniform(1e6 + i, j) - 1),
      t.shape,
    );
  return results.map((t, i) => sum(mul(t, weights(t, i)))).reduce((a, b) => add(a, b));
}

/**
 * Largest difference between d(weighted sum)/d(x) by autodiff and by central finite differences, both in float64, over
 * all elements of all f32 operands, relative to 1 + |gradient|.
 */
export function gradientError(build: Build, ...operands: readonly Operand[]): number {
  const { graph, inputs, results } = graphOf(build, operands);
  const loss = weightedSum(graph, results);
  const wrt = inputs.filter((t) => t.dtype === 'f32');
  gradients(loss, wrt).forEach((d, i) => graph.output(`d${i}`, d ?? fullLike(wrt[i]!, 0)));
  const analytic = createInterpreter(graph).execute(named(operands));
  const lossOnly = createInterpreter(lossGraph(build, operands));
  let worst = 0;
  operands
    .filter((o) => o.dtype === 'f32')
    .forEach((o, i) => {
      o.values.forEach((_, element) => {
        const expected = centralDifference(() => lossOnly.execute(named(operands))['loss']![0]!, o.values, element);
        const error = Math.abs(analytic[`d${i}`]![element]! - expected) / (1 + Math.abs(expected));
        if (!(error <= worst)) worst = error;
      });
    });
  return worst;
}

function lossGraph(build: Build, operands: readonly Operand[]): Graph {
  const { graph, results } = graphOf(build, operands);
  graph.output('loss', weightedSum(graph, results));
  return graph;
}

/** Rounding costs 1e-16 / step, the third derivative step²: both about 1e-10 at this step. */
const step = 1e-5;

function centralDifference(f: () => number, values: Float64Array, element: number): number {
  const at = values[element]!;
  values[element] = at + step;
  const above = f();
  values[element] = at - step;
  const below = f();
  values[element] = at;
  return (above - below) / (2 * step);
}

/** What finite differences can resolve; see the step above, with room for functions of large curvature. */
export const differenceTolerance = 1e-8;
