import type { Backend, DeviceBuffer, Program } from '../../contracts/backend.js';
import { Graph, type OpDefinition } from '../../compute/tensor/graph.js';
import { add, mul, sum } from '../../compute/tensor/ops.js';
import { requireErrorCode, requireThat, type ConformanceCheck } from '../check.js';
import { requireAgreement, withBackend, type BackendUnderTest } from './harness.js';

/** sum = a + scale · b, with an input that no output depends on. */
export async function addProgram(backend: Backend, donate: readonly string[] = []): Promise<Program> {
  const g = new Graph('conformance add');
  g.input('unused', [2], 'i32');
  g.output('sum', add(g.input('a', [3]), mul(g.input('scale', []), g.input('b', [3]))));
  return backend.compile(g, { label: 'conformance add', donate });
}

/** The inputs of {@link addProgram}. */
export type AddInputs = Record<'a' | 'b' | 'scale' | 'unused', DeviceBuffer>;

/** Fresh buffers for {@link addProgram}: a = 1, 2, 3 and b = 10, 20, 30. */
export const addInputs = (backend: Backend): AddInputs => ({
  a: backend.create([3], 'f32', Float32Array.of(1, 2, 3)),
  b: backend.create([3], 'f32', Float32Array.of(10, 20, 30)),
  scale: backend.create([], 'f32', Float32Array.of(2)),
  unused: backend.create([2], 'i32'),
});

export async function requireContents(
  what: string,
  backend: Backend,
  buffer: DeviceBuffer | undefined,
  expected: readonly number[],
): Promise<void> {
  requireThat(buffer !== undefined, `${what}: the program did not return it`);
  requireAgreement(what, await backend.read(buffer), expected, 0);
}

/** Lifetime and contents of buffers, and what a program accepts. */
export function bufferChecks(test: BackendUnderTest): ConformanceCheck[] {
  return [
    withBackend(test, 'a buffer holds a copy of what it was made from, or zeros', checkCopies),
    withBackend(test, 'write replaces a range', checkWrites),
    withBackend(test, 'data that does not fit a buffer is refused', checkRefusedData),
    withBackend(test, 'a released buffer cannot be used', checkReleasedBuffer),
    withBackend(
      test,
      'a program says what it takes and gives, inputs that nothing depends on included',
      checkSignature,
    ),
    withBackend(
      test,
      'inputs that are missing, unknown or of another type are refused, and nothing is consumed',
      checkRefusedInputs,
    ),
    withBackend(test, 'a released program cannot be submitted', checkReleasedProgram),
    withBackend(
      test,
      'a graph without outputs, with a bool input or with an unknown donation is refused',
      checkRefusedGraphs,
    ),
    withBackend(test, 'an operation nobody defined is refused by name', checkUnknownOperation),
    withBackend(
      test,
      'a program can be submitted again with other buffers, and one buffer may be two inputs',
      checkReuse,
    ),
    withBackend(test, 'work is done in the order of submission, and a later write does not reach back', checkOrder),
    withBackend(test, 'memory counts live buffers and returns to the start', checkMemory),
    withBackend(test, 'two backends keep their buffers apart', checkTwoBackends),
  ];
}

async function checkCopies(backend: Backend): Promise<void> {
  const data = Float32Array.of(1, -2.5, 3e-39, 4);
  const buffer = backend.create([2, 2], 'f32', data);
  const original = [...data];
  data.fill(9);
  await requireContents('a buffer', backend, buffer, original);
  const copy = await backend.read(buffer);
  copy.fill(7);
  await requireContents('the buffer after its copy changed', backend, buffer, original);
  await requireContents('zeros', backend, backend.create([3], 'i32'), [0, 0, 0]);
  const extremes = [-2147483648, 2147483647];
  await requireContents('integers', backend, backend.create([2], 'i32', Int32Array.from(extremes)), extremes);
  requireThat(
    buffer.shape.join() === '2,2' && buffer.dtype === 'f32' && buffer.bytes === 16 && buffer.alive,
    'shape, dtype, bytes or alive of a buffer is wrong',
  );
}

async function checkWrites(backend: Backend): Promise<void> {
  const buffer = backend.create([5], 'f32', Float32Array.of(1, 2, 3, 4, 5));
  backend.write(buffer, Float32Array.of(8, 9), 3);
  await requireContents('after a write at 3', backend, buffer, [1, 2, 3, 8, 9]);
  backend.write(buffer, Float32Array.of(7));
  await requireContents('after a write at the start', backend, buffer, [7, 2, 3, 8, 9]);
}

async function checkRefusedData(backend: Backend): Promise<void> {
  const shapeError = (what: string, action: () => unknown): Promise<void> =>
    requireErrorCode(what, 'ORZ_GRAPH_SHAPE', action);
  const typeError = (what: string, action: () => unknown): Promise<void> =>
    requireErrorCode(what, 'ORZ_GRAPH_DTYPE', action);
  await shapeError('too few values', () => backend.create([2, 2], 'f32', Float32Array.of(1)));
  await shapeError('too many values', () => backend.create([1], 'i32', Int32Array.of(1, 2)));
  await shapeError('an extent of zero', () => backend.create([0], 'f32'));
  await typeError('integers in f32', () => backend.create([1], 'f32', Int32Array.of(1)));
  await typeError('floats in i32', () => backend.create([1], 'i32', Float32Array.of(1)));
  await typeError('bool', () => backend.create([1], 'bool'));
  const buffer = backend.create([3], 'f32');
  await shapeError('a write beyond the end', () => backend.write(buffer, Float32Array.of(1, 2), 2));
  await shapeError('a write before the start', () => backend.write(buffer, Float32Array.of(1), -1));
  await typeError('a write of integers', () => backend.write(buffer, Int32Array.of(1)));
  await requireContents('the buffer', backend, buffer, [0, 0, 0]);
}

async function checkReleasedBuffer(backend: Backend): Promise<void> {
  const program = await addProgram(backend);
  const inputs = addInputs(backend);
  const { a } = inputs;
  backend.release(a);
  requireThat(!a.alive, 'a released buffer says it is alive');
  const refused = (what: string, action: () => unknown): Promise<void> =>
    requireErrorCode(what, 'ORZ_BUFFER_CONSUMED', action);
  await refused('read', () => backend.read(a));
  await refused('write', () => backend.write(a, Float32Array.of(1)));
  await refused('release', () => backend.release(a));
  await refused('submit', () => backend.submit(program, inputs));
}

async function checkSignature(backend: Backend): Promise<void> {
  const { inputs, outputs } = await addProgram(backend);
  const described = (specs: Program['inputs']): string =>
    specs.map((s) => `${s.name} ${s.dtype}[${s.shape.join()}]`).join(' ');
  const expected = 'unused i32[2] a f32[3] scale f32[] b f32[3]';
  requireThat(described(inputs) === expected, 'the inputs are listed wrongly', inputs);
  requireThat(described(outputs) === 'sum f32[3]', 'the outputs are listed wrongly', outputs);
}

async function checkRefusedInputs(backend: Backend): Promise<void> {
  const program = await addProgram(backend, ['a']);
  const inputs = addInputs(backend);
  const { unused: _, ...incomplete } = inputs;
  const foreign: DeviceBuffer = { shape: [3], dtype: 'f32', bytes: 12, alive: true };
  const refused = (what: string, wrong: Record<string, DeviceBuffer>): Promise<void> =>
    requireErrorCode(what, 'ORZ_PROGRAM_INPUT', () => backend.submit(program, wrong));
  await refused('one missing', incomplete);
  await refused('one unknown', { ...inputs, c: inputs.b });
  await refused('a wrong shape', { ...inputs, b: inputs.scale });
  await refused('a wrong dtype', { ...inputs, b: backend.create([3], 'i32') });
  await refused('a buffer of no backend', { ...inputs, b: foreign });
  const outputs = await backend.submit(program, inputs);
  await requireContents('the sum afterwards', backend, outputs['sum'], [21, 42, 63]);
}

async function checkReleasedProgram(backend: Backend): Promise<void> {
  const program = await addProgram(backend);
  await program.release();
  await requireErrorCode('submit', 'ORZ_PROGRAM_INPUT', () => backend.submit(program, addInputs(backend)));
}

async function checkRefusedGraphs(backend: Backend): Promise<void> {
  const g = new Graph('refused');
  const x = g.input('x', [1]);
  const compile = (donate: readonly string[] = []): Promise<Program> =>
    backend.compile(g, { label: 'refused', donate });
  await requireErrorCode('no outputs', 'ORZ_GRAPH_INVALID', () => compile());
  g.output('y', x);
  await requireErrorCode('an unknown donation', 'ORZ_PROGRAM_INPUT', () => compile(['z']));
  g.input('condition', [1], 'bool');
  await requireErrorCode('a bool input', 'ORZ_GRAPH_DTYPE', () => compile());
}

async function checkUnknownOperation(backend: Backend): Promise<void> {
  const g = new Graph('unknown operation');
  const mystery: OpDefinition = { name: 'mystery', infer: () => [{ shape: [1], dtype: 'f32' }] };
  for (const y of g.node(mystery, [g.input('x', [1])])) g.output('y', y);
  const compile = (): Promise<Program> => backend.compile(g, { label: 'unknown operation' });
  await requireErrorCode('compile', 'ORZ_GRAPH_INVALID', compile);
}

async function checkReuse(backend: Backend): Promise<void> {
  const program = await addProgram(backend);
  const first = addInputs(backend);
  const second = { ...addInputs(backend), scale: backend.create([], 'f32', Float32Array.of(-1)) };
  const requireSum = async (what: string, inputs: AddInputs, expected: readonly number[]): Promise<void> =>
    requireContents(what, backend, (await backend.submit(program, inputs))['sum'], expected);
  await requireSum('first', first, [21, 42, 63]);
  await requireSum('second', second, [-9, -18, -27]);
  await requireSum('first again', first, [21, 42, 63]);
  await requireSum('a + 2a', { ...first, b: first.a }, [3, 6, 9]);
}

async function checkOrder(backend: Backend): Promise<void> {
  const program = await addProgram(backend);
  const inputs = addInputs(backend);
  const early = backend.submit(program, inputs);
  backend.write(inputs.a, Float32Array.of(100, 100, 100));
  const late = backend.submit(program, inputs);
  await requireContents('before the write', backend, (await early)['sum'], [21, 42, 63]);
  await requireContents('after the write', backend, (await late)['sum'], [120, 140, 160]);
}

async function checkMemory(backend: Backend): Promise<void> {
  const start = backend.memory();
  const program = await addProgram(backend, ['b']);
  const inputs = addInputs(backend);
  const full = backend.memory();
  requireThat(
    full.buffers === start.buffers + 4 && full.bytes >= start.bytes + 36,
    'four new buffers are not counted',
    full,
  );
  const outputs = await backend.submit(program, inputs);
  const afterwards = backend.memory();
  requireThat(
    afterwards.buffers === start.buffers + 4,
    'one buffer was donated and one returned, yet the count changed',
    afterwards,
  );
  for (const buffer of [...Object.values(inputs), ...Object.values(outputs)]) if (buffer.alive) backend.release(buffer);
  await program.release();
  const end = backend.memory();
  requireThat(
    end.buffers === start.buffers && end.bytes === start.bytes,
    `memory() was ${JSON.stringify(start)} and is ${JSON.stringify(end)}`,
  );
}

async function checkTwoBackends(backend: Backend, test: BackendUnderTest): Promise<void> {
  const other = await test.create();
  try {
    const g = new Graph('total');
    g.output('total', sum(g.input('x', [2])));
    const program = await backend.compile(g, { label: 'total' });
    const x = backend.create([2], 'f32', Float32Array.of(1, 2));
    other.create([2], 'f32', Float32Array.of(5, 5));
    await requireContents('total', backend, (await backend.submit(program, { x }))['total'], [3]);
    requireThat(other.memory().buffers === 1, 'a backend counts the buffers of another', other.memory());
  } finally {
    await other.dispose();
  }
}
