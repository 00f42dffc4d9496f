import type { Backend, DeviceBuffer, Program } from '../../contracts/backend.js';
import { Graph } from '../../compute/tensor/graph.js';
import { add, mul, sum } from '../../compute/tensor/ops.js';
import type { DType, TensorData } from '../../compute/tensor/types.js';
import { requireThat, type ConformanceCheck } from '../check.js';
import { requireAgreement, requireError, withBackend, type BackendUnderTest } from './harness.js';

/** sum = a + scale · b, with an input that no output depends on. */
export async function addProgram(backend: Backend, donate: readonly string[] = []): Promise<Program> {
  const g = new Graph('conformance add');
  g.input('unused', [2], 'i32');
  g.output('sum', add(g.input('a', [3]), mul(g.input('scale', []), g.input('b', [3]))));
  return backend.compile(g, { label: 'conformance add', donate });
}

/** Fresh buffers for {@link addProgram}: a = 1, 2, 3 and b = 10, 20, 30. */
export function addInputs(backend: Backend): Record<string, DeviceBuffer> {
  return {
    a: backend.create([3], 'f32', Float32Array.of(1, 2, 3)),
    b: backend.create([3], 'f32', Float32Array.of(10, 20, 30)),
    scale: backend.create([], 'f32', Float32Array.of(2)),
    unused: backend.create([2], 'i32'),
  };
}

export async function requireContents(
  what: string,
  backend: Backend,
  buffer: DeviceBuffer | undefined,
  expected: readonly number[],
): Promise<void> {
  requireThat(buffer !== undefined, `${what}: the program did not return it`);
  requireAgreement(what, await backend.read(buffer), expected, 0);
}

/** Life and contents of buffers, and what a program accepts. */
export function bufferChecks(test: BackendUnderTest): ConformanceCheck[] {
  return [
    withBackend(test, 'a buffer holds a copy of what it was made from, or zeros', async (backend) => {
      const data = Float32Array.of(1, -2.5, 3e-39, 4);
      const buffer = backend.create([2, 2], 'f32', data);
      const kept = [...data];
      data.fill(9);
      await requireContents('a buffer', backend, buffer, kept);
      const copy = await backend.read(buffer);
      copy.fill(7);
      await requireContents('the buffer after its copy changed', backend, buffer, kept);
      await requireContents('zeros', backend, backend.create([3], 'i32'), [0, 0, 0]);
      await requireContents(
        'integers',
        backend,
        backend.create([2], 'i32', Int32Array.of(-2147483648, 2147483647)),
        [-2147483648, 2147483647],
      );
      requireThat(
        buffer.shape.join() === '2,2' && buffer.dtype === 'f32' && buffer.bytes === 16 && buffer.alive,
        'shape, dtype, bytes or alive of a buffer is wrong',
      );
    }),
    withBackend(test, 'write replaces a range', async (backend) => {
      const buffer = backend.create([5], 'f32', Float32Array.of(1, 2, 3, 4, 5));
      backend.write(buffer, Float32Array.of(8, 9), 3);
      await requireContents('after a write at 3', backend, buffer, [1, 2, 3, 8, 9]);
      backend.write(buffer, Float32Array.of(7));
      await requireContents('after a write at the start', backend, buffer, [7, 2, 3, 8, 9]);
    }),
    withBackend(test, 'data that does not fit a buffer is refused', async (backend) => {
      const wrong: [string, 'ORZ_GRAPH_SHAPE' | 'ORZ_GRAPH_DTYPE', readonly number[], DType, TensorData | undefined][] =
        [
          ['too few values', 'ORZ_GRAPH_SHAPE', [2, 2], 'f32', Float32Array.of(1)],
          ['too many values', 'ORZ_GRAPH_SHAPE', [1], 'i32', Int32Array.of(1, 2)],
          ['integers in f32', 'ORZ_GRAPH_DTYPE', [1], 'f32', Int32Array.of(1)],
          ['floats in i32', 'ORZ_GRAPH_DTYPE', [1], 'i32', Float32Array.of(1)],
          ['bool', 'ORZ_GRAPH_DTYPE', [1], 'bool', undefined],
          ['an extent of zero', 'ORZ_GRAPH_SHAPE', [0], 'f32', undefined],
        ];
      for (const [what, code, shape, dtype, data] of wrong)
        await requireError(what, code, () => backend.create(shape, dtype, data));
      const buffer = backend.create([3], 'f32');
      await requireError('a write beyond the end', 'ORZ_GRAPH_SHAPE', () =>
        backend.write(buffer, Float32Array.of(1, 2), 2),
      );
      await requireError('a write before the start', 'ORZ_GRAPH_SHAPE', () =>
        backend.write(buffer, Float32Array.of(1), -1),
      );
      await requireError('a write of integers', 'ORZ_GRAPH_DTYPE', () => backend.write(buffer, Int32Array.of(1)));
      await requireContents('the buffer', backend, buffer, [0, 0, 0]);
    }),
    withBackend(test, 'a released buffer cannot be used', async (backend) => {
      const program = await addProgram(backend),
        inputs = addInputs(backend),
        a = inputs['a']!;
      backend.release(a);
      requireThat(!a.alive, 'a released buffer says it is alive');
      await requireError('read', 'ORZ_BUFFER_CONSUMED', () => backend.read(a));
      await requireError('write', 'ORZ_BUFFER_CONSUMED', () => backend.write(a, Float32Array.of(1)));
      await requireError('release', 'ORZ_BUFFER_CONSUMED', () => backend.release(a));
      await requireError('submit', 'ORZ_BUFFER_CONSUMED', () => backend.submit(program, inputs));
    }),
    withBackend(
      test,
      'a program says what it takes and gives, inputs that nothing depends on included',
      async (backend) => {
        const program = await addProgram(backend);
        const text = (specs: Program['inputs']): string =>
          specs.map((s) => `${s.name} ${s.dtype}[${s.shape.join()}]`).join(' ');
        requireThat(
          text(program.inputs) === 'unused i32[2] a f32[3] scale f32[] b f32[3]',
          'the inputs are listed wrongly',
          program.inputs,
        );
        requireThat(text(program.outputs) === 'sum f32[3]', 'the outputs are listed wrongly', program.outputs);
      },
    ),
    withBackend(
      test,
      'inputs that are missing, unknown or of another type are refused, and nothing is consumed',
      async (backend) => {
        const program = await addProgram(backend, ['a']),
          { a, b, scale, unused } = addInputs(backend) as Record<'a' | 'b' | 'scale' | 'unused', DeviceBuffer>;
        const stranger: DeviceBuffer = { shape: [3], dtype: 'f32', bytes: 12, alive: true };
        const wrong: Record<string, Record<string, DeviceBuffer>> = {
          'one missing': { a, b, scale },
          'one unknown': { a, b, scale, unused, c: b },
          'a wrong shape': { a, b: scale, scale, unused },
          'a wrong dtype': { a, b: backend.create([3], 'i32'), scale, unused },
          'a buffer of nobody': { a, b: stranger, scale, unused },
        };
        for (const [what, inputs] of Object.entries(wrong))
          await requireError(what, 'ORZ_PROGRAM_INPUT', () => backend.submit(program, inputs));
        const outputs = await backend.submit(program, { a, b, scale, unused });
        await requireContents('the sum afterwards', backend, outputs['sum'], [21, 42, 63]);
      },
    ),
    withBackend(test, 'a released program cannot run', async (backend) => {
      const program = await addProgram(backend);
      await program.release();
      await requireError('submit', 'ORZ_PROGRAM_INPUT', () => backend.submit(program, addInputs(backend)));
    }),
    withBackend(
      test,
      'a graph without outputs, with a bool input or with an unknown donation is refused',
      async (backend) => {
        const g = new Graph('refused');
        const x = g.input('x', [1]);
        await requireError('no outputs', 'ORZ_GRAPH_INVALID', () => backend.compile(g, { label: 'refused' }));
        g.output('y', x);
        await requireError('an unknown donation', 'ORZ_PROGRAM_INPUT', () =>
          backend.compile(g, { label: 'refused', donate: ['z'] }),
        );
        g.input('condition', [1], 'bool');
        await requireError('a bool input', 'ORZ_GRAPH_DTYPE', () => backend.compile(g, { label: 'refused' }));
      },
    ),
    withBackend(test, 'an operation nobody defined is refused by name', async (backend) => {
      const g = new Graph('unknown operation');
      g.output(
        'y',
        g.node({ name: 'mystery', infer: ([x]) => [{ shape: x!.shape, dtype: 'f32' }] }, [g.input('x', [1])])[0]!,
      );
      await requireError('compile', 'ORZ_GRAPH_INVALID', () => backend.compile(g, { label: 'unknown operation' }));
    }),
    ...reuseChecks(test),
  ];
}

function reuseChecks(test: BackendUnderTest): ConformanceCheck[] {
  return [
    withBackend(test, 'a program runs again with other buffers, and one buffer may be two inputs', async (backend) => {
      const program = await addProgram(backend),
        first = addInputs(backend),
        second = { ...addInputs(backend), scale: backend.create([], 'f32', Float32Array.of(-1)) };
      await requireContents('first', backend, (await backend.submit(program, first))['sum'], [21, 42, 63]);
      await requireContents('second', backend, (await backend.submit(program, second))['sum'], [-9, -18, -27]);
      await requireContents('first again', backend, (await backend.submit(program, first))['sum'], [21, 42, 63]);
      await requireContents(
        'a + 2a',
        backend,
        (await backend.submit(program, { ...first, b: first['a']! }))['sum'],
        [3, 6, 9],
      );
    }),
    withBackend(
      test,
      'work runs in the order of submission, and a later write does not reach back',
      async (backend) => {
        const program = await addProgram(backend),
          inputs = addInputs(backend);
        const early = backend.submit(program, inputs);
        backend.write(inputs['a']!, Float32Array.of(100, 100, 100));
        const late = backend.submit(program, inputs);
        await requireContents('before the write', backend, (await early)['sum'], [21, 42, 63]);
        await requireContents('after the write', backend, (await late)['sum'], [120, 140, 160]);
      },
    ),
    withBackend(test, 'memory counts live buffers and returns to the start', async (backend) => {
      const start = backend.memory(),
        program = await addProgram(backend, ['b']),
        inputs = addInputs(backend);
      requireThat(
        backend.memory().buffers === start.buffers + 4 && backend.memory().bytes >= start.bytes + 36,
        'four new buffers are not counted',
        backend.memory(),
      );
      const outputs = await backend.submit(program, inputs);
      requireThat(
        backend.memory().buffers === start.buffers + 4,
        'one buffer was donated and one returned, yet the count changed',
        backend.memory(),
      );
      for (const buffer of [...Object.values(inputs), ...Object.values(outputs)])
        if (buffer.alive) backend.release(buffer);
      await program.release();
      const end = backend.memory();
      requireThat(
        end.buffers === start.buffers && end.bytes === start.bytes,
        `memory() was ${JSON.stringify(start)} and is ${JSON.stringify(end)}`,
      );
    }),
    withBackend(test, 'two backends keep their buffers apart', async (backend) => {
      const other = await test.create();
      try {
        const g = new Graph('total');
        g.output('total', sum(g.input('x', [2])));
        const program = await backend.compile(g, { label: 'total' });
        const mine = backend.create([2], 'f32', Float32Array.of(1, 2));
        other.create([2], 'f32', Float32Array.of(5, 5));
        await requireContents('total', backend, (await backend.submit(program, { x: mine }))['total'], [3]);
        requireThat(other.memory().buffers === 1, 'a backend counts the buffers of another', other.memory());
      } finally {
        await other.dispose();
      }
    }),
  ];
}
