import type { Backend } from '../../contracts/backend.js';
import { zip } from '../../arrays.js';
import { createRandom } from '../../random.js';
import { Graph, type Tensor } from '../../compute/tensor/graph.js';
import { interpret } from '../../compute/tensor/interpret.js';
import { cast } from '../../compute/tensor/ops.js';
import { sizeOf, type Shape, type TensorData } from '../../compute/tensor/types.js';
import { requireDefined, requireThat, type ConformanceCheck } from '../check.js';
import { notConforming } from '../errors.js';

/** What the checks of one suite share. */
export interface BackendUnderTest {
  readonly create: () => Promise<Backend>;
  /** Largest difference from the oracle, relative to 1 + |expected|. */
  readonly tolerance: number;
}

/** A program input with its values; the array's type is the dtype. */
export interface Operand {
  readonly shape: Shape;
  readonly data: TensorData;
}

/** A graph on inputs x0, x1, … whose results must agree with the interpreter; see also {@link namedCase}. */
export interface GraphCase {
  readonly name: string;
  readonly operands: readonly Operand[];
  /** Bool results are cast, since they cannot leave a program. */
  readonly build: (...inputs: Tensor[]) => Tensor | readonly Tensor[];
}

/** A case whose `build` reads its inputs by name. */
export function namedCase<Name extends string>(
  name: string,
  operands: Readonly<Record<Name, Operand>>,
  build: (inputs: Readonly<Record<Name, Tensor>>) => Tensor | readonly Tensor[],
): GraphCase {
  const named = (inputs: readonly Tensor[]): Record<Name, Tensor> =>
    Object.fromEntries(zip(Object.keys(operands), inputs)) as Record<Name, Tensor>;
  return { name, operands: Object.values(operands), build: (...inputs) => build(named(inputs)) };
}

/** Values that are a pure function of the check's name and of how many were drawn before. */
export class Draw {
  private drawn = 0;
  private readonly stream;

  constructor(name: string) {
    this.stream = createRandom(1).stream(name);
  }

  /** Uniform f32 in [low, high). */
  f32(shape: Shape, low = -1, high = 1): Operand {
    const key = this.drawn++;
    return {
      shape,
      data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => low + (high - low) * this.stream.uniform(key, i)),
    };
  }

  /** Uniform i32 in [0, limit). */
  ids(shape: Shape, limit: number): Operand {
    const key = this.drawn++;
    return { shape, data: Int32Array.from({ length: sizeOf(shape) }, (_, i) => this.stream.integer(limit, key, i)) };
  }
}

export const f32 = (shape: Shape, values: readonly number[]): Operand => ({ shape, data: Float32Array.from(values) });
export const i32 = (shape: Shape, values: readonly number[]): Operand => ({ shape, data: Int32Array.from(values) });

/** A check with a backend of its own that is disposed afterwards. */
export function withBackend(
  test: BackendUnderTest,
  title: string,
  body: (backend: Backend, test: BackendUnderTest) => Promise<void>,
): ConformanceCheck {
  return {
    title,
    run: async () => {
      const backend = await test.create();
      try {
        await body(backend, test);
      } finally {
        await backend.dispose();
      }
    },
  };
}

/** A check that all cases agree with the interpreter, which shares no code with any backend but the reference. */
export function agrees(
  test: BackendUnderTest,
  title: string,
  cases: (draw: Draw) => readonly GraphCase[],
): ConformanceCheck {
  return withBackend(test, title, async (backend) => {
    for (const one of cases(new Draw(title))) {
      const { actual, expected } = await runBoth(backend, one);
      requireSameResults(one.name, actual, expected, test.tolerance);
    }
  });
}

/** The graph of a case, its results named y0, y1, … */
export function graphOf(one: GraphCase): Graph {
  const graph = new Graph(one.name);
  const built = one.build(...one.operands.map((o, i) => graph.input(`x${i}`, o.shape, dtypeOf(o))));
  const results = 'graph' in built ? [built] : built;
  results.forEach((t, i) => graph.output(`y${i}`, t.dtype === 'bool' ? cast(t, 'i32') : t));
  return graph;
}

/** Results on the backend and by the interpreter. */
export async function runBoth(
  backend: Backend,
  one: GraphCase,
): Promise<{ actual: TensorData[]; expected: Float64Array[] }> {
  const graph = graphOf(one);
  return { actual: await runOn(backend, graph, one.operands), expected: interpreted(graph, one.operands) };
}

/** The outputs of a graph on inputs x0, x1, … by the interpreter, in order. */
export const interpreted = (graph: Graph, operands: readonly Operand[]): Float64Array[] =>
  Object.values(interpret(graph, Object.fromEntries(operands.map((o, i) => [`x${i}`, o.data]))));

const dtypeOf = ({ data }: Operand): 'f32' | 'i32' => (data instanceof Float32Array ? 'f32' : 'i32');

/** Runs a graph on inputs x0, x1, … once; its outputs in order. */
export async function runOn(
  backend: Backend,
  graph: Graph,
  operands: readonly Operand[],
  donate: readonly string[] = [],
): Promise<TensorData[]> {
  const program = await backend.compile(graph, { label: graph.label, donate });
  const inputs = Object.fromEntries(operands.map((o, i) => [`x${i}`, backend.create(o.shape, dtypeOf(o), o.data)]));
  const outputs = await backend.submit(program, inputs);
  const results: TensorData[] = [];
  for (const { name } of program.outputs) results.push(await backend.read(requireDefined(name, outputs[name])));
  for (const buffer of [...Object.values(inputs), ...Object.values(outputs)]) if (buffer.alive) backend.release(buffer);
  await program.release();
  return results;
}

/** Requires that every result of a graph agrees with the expected one, in order. */
export function requireSameResults(
  what: string,
  actual: readonly TensorData[],
  expected: readonly ArrayLike<number>[],
  tolerance: number,
): void {
  requireThat(actual.length === expected.length, `${what}: ${actual.length} results instead of ${expected.length}`);
  for (const [a, e, i] of zip(actual, expected)) requireAgreement(`${what}, result ${i}`, a, e, tolerance);
}

/** Like requireClose, but NaN agrees with NaN and an infinity with itself; integers must be equal. */
export function requireAgreement(
  what: string,
  actual: TensorData,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  requireThat(actual.length === expected.length, `${what}: ${actual.length} values instead of ${expected.length}`);
  const allowed = actual instanceof Int32Array ? 0 : tolerance;
  const round = actual instanceof Float32Array ? Math.fround : (x: number): number => x;
  for (const [a, exact, i] of zip(actual, expected)) {
    const e = round(exact);
    if (a === e || Object.is(a, e)) continue;
    if (Number.isFinite(e) && Math.abs(a - e) <= allowed * (1 + Math.abs(e))) continue;
    throw notConforming(`${what}: value ${i} is ${a} instead of ${e} (tolerance ${allowed})`);
  }
}

/** Requires that something among the values is NaN or infinite. */
export function requireThatNotFinite(what: string, values: TensorData): void {
  requireThat(
    values.some((v) => !Number.isFinite(v)),
    `${what}: all results are finite, so a broken input would stay unseen`,
    Array.from(values),
  );
}
