import type { Backend } from '../../contracts/backend.js';
import { isOrzError, type ErrorCode } from '../../errors.js';
import { createRandom } from '../../random.js';
import { Graph, type Tensor } from '../../compute/tensor/graph.js';
import { interpret } from '../../compute/tensor/interpret.js';
import { cast } from '../../compute/tensor/ops.js';
import { sizeOf, type Shape, type TensorData } from '../../compute/tensor/types.js';
import { requireThat, type ConformanceCheck } from '../check.js';

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

/** A graph on inputs x0, x1, … whose results must agree with the interpreter. */
export interface GraphCase {
  readonly name: string;
  readonly operands: readonly Operand[];
  /** Bool results are cast, since they cannot leave a program. */
  readonly build: (...inputs: Tensor[]) => Tensor | readonly Tensor[];
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
  { create }: BackendUnderTest,
  title: string,
  use: (backend: Backend) => Promise<void>,
): ConformanceCheck {
  return {
    title,
    run: async () => {
      const backend = await create();
      try {
        await use(backend);
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
      actual.forEach((values, i) => requireAgreement(`${one.name}, result ${i}`, values, expected[i]!, test.tolerance));
    }
  });
}

/** The graph of a case, its results named y0, y1, … */
export function graphOf(one: GraphCase): Graph {
  const graph = new Graph(one.name);
  const built = one.build(
    ...one.operands.map((o, i) => graph.input(`x${i}`, o.shape, o.data instanceof Float32Array ? 'f32' : 'i32')),
  );
  ('graph' in built ? [built] : built).forEach((t, i) =>
    graph.output(`y${i}`, t.dtype === 'bool' ? cast(t, 'i32') : t),
  );
  return graph;
}

/** Results on the backend and by the interpreter. */
export async function runBoth(
  backend: Backend,
  one: GraphCase,
): Promise<{ actual: TensorData[]; expected: Float64Array[] }> {
  const graph = graphOf(one);
  const expected = interpret(graph, Object.fromEntries(one.operands.map((o, i) => [`x${i}`, o.data])));
  const actual = await runOn(backend, graph, one.operands);
  return { actual, expected: Object.values(expected) };
}

/** Runs a graph on inputs x0, x1, … once; its outputs in order. */
export async function runOn(
  backend: Backend,
  graph: Graph,
  operands: readonly Operand[],
  donate: readonly string[] = [],
): Promise<TensorData[]> {
  const program = await backend.compile(graph, { label: graph.label, donate });
  const inputs = Object.fromEntries(
    operands.map((o, i) => [`x${i}`, backend.create(o.shape, o.data instanceof Float32Array ? 'f32' : 'i32', o.data)]),
  );
  const outputs = await backend.submit(program, inputs);
  const results: TensorData[] = [];
  for (const { name } of program.outputs) results.push(await backend.read(outputs[name]!));
  for (const buffer of [...Object.values(inputs), ...Object.values(outputs)]) if (buffer.alive) backend.release(buffer);
  await program.release();
  return results;
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
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i]!,
      e = actual instanceof Float32Array ? Math.fround(expected[i]!) : expected[i]!;
    const same = Object.is(a, e) || a === e || (Number.isFinite(e) && Math.abs(a - e) <= allowed * (1 + Math.abs(e)));
    requireThat(same, `${what}: value ${i} is ${a} instead of ${e} (tolerance ${allowed})`);
  }
}

/** Requires that `action` fails with this code, before or after it becomes asynchronous. */
export async function requireError(what: string, code: ErrorCode, action: () => unknown): Promise<void> {
  let error: unknown;
  try {
    await action();
  } catch (thrown) {
    error = thrown;
  }
  requireThat(
    isOrzError(error) && error.code === code,
    `${what}: ${error instanceof Error ? error.message : 'no error'} instead of ${code}`,
  );
}

/** Requires that something among the values is NaN or infinite. */
export function requireThatNotFinite(what: string, values: TensorData): void {
  requireThat(
    values.some((v) => !Number.isFinite(v)),
    `${what}: all results are finite, so a broken input would stay unseen`,
    Array.from(values),
  );
}
