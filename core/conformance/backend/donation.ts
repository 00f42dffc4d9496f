import type { Backend } from '../../contracts/backend.js';
import { Graph, type Tensor } from '../../compute/tensor/graph.js';
import * as ops from '../../compute/tensor/ops.js';
import { requireDefined, requireErrorCode, requireThat, type ConformanceCheck } from '../check.js';
import { addInputs, addProgram, requireContents } from './buffers.js';
import {
  Draw,
  graphOf,
  i32,
  interpreted,
  namedCase,
  requireAgreement,
  requireSameResults,
  runOn,
  withBackend,
  type BackendUnderTest,
  type GraphCase,
} from './harness.js';

type Trap = Omit<GraphCase, 'name'>;

/**
 * Programs in which memory of a donated input must not be reused naively: an output may take it over only if it is
 * computed element by element and every other reader of the input comes before. Each is tried with all, one and no
 * inputs donated.
 */
const traps: Record<string, (draw: Draw) => Trap> = {
  'an element-wise update': (draw) => ({
    operands: [draw.f32([33]), draw.f32([33])],
    build: (x, y) => ops.add(x, y),
  }),
  'an element-wise update beside earlier and later readers of x': (draw) => ({
    operands: [draw.f32([257]), draw.f32([257])],
    build: (x, y) => {
      const twice = ops.mul(x, 2);
      const next = ops.add(x, y);
      return [next, twice, ops.mul(x, next), ops.sum(x), ops.exp(x)];
    },
  }),
  'an update whose other reader is an ancestor': (draw) => ({
    operands: [draw.f32([257])],
    build: (x) => ops.div(x, ops.sqrt(ops.sum(ops.mul(x, x)))),
  }),
  'a chain of updates': (draw) => ({
    operands: [draw.f32([33])],
    build: (x) => {
      const a = ops.add(x, 1);
      const b = ops.mul(a, x);
      const c = ops.sub(b, a);
      return [c, b, a];
    },
  }),
  'a transposition': (draw) => ({ operands: [draw.f32([33, 33])], build: (x) => ops.transpose(x, [1, 0]) }),
  'x plus its transposition': (draw) => ({
    operands: [draw.f32([33, 33])],
    build: (x) => ops.add(x, ops.transpose(x, [1, 0])),
  }),
  'a matrix times itself': (draw) => ({
    operands: [draw.f32([33, 33])],
    build: (x) => [ops.matmul(x, x), ops.matmul(x, x, { transB: true })],
  }),
  'a product accumulated into a donated sum': (draw) => ({
    operands: [draw.f32([5, 3]), draw.f32([5, 7]), draw.f32([3, 7])],
    build: (a, b, total) => ops.add(total, ops.matmul(a, b, { transA: true })),
  }),
  'a product accumulated, the old sum read as well': (draw) => ({
    operands: [draw.f32([7, 7]), draw.f32([7, 7])],
    build: (total, b) => [ops.add(total, ops.matmul(b, total)), ops.mul(total, 2)],
  }),
  'a rotation of elements': (draw) => ({
    operands: [draw.f32([257])],
    build: (x) => ops.concat([ops.slice(x, 0, 1, 257), ops.slice(x, 0, 0, 1)], 0),
  }),
  'a broadcast row of its own': (draw) => ({
    operands: [draw.f32([5, 3])],
    build: (x) => ops.sub(x, ops.slice(x, 0, 4, 5)),
  }),
  'a gather of its own rows': (draw) => ({
    operands: [draw.f32([5, 3]), draw.ids([5], 5)],
    build: (x, ids) => ops.gatherRows(x, ids),
  }),
  'two inputs that change places': (draw) => ({ operands: [draw.f32([33]), draw.f32([33])], build: (x, y) => [y, x] }),
  'an input passed through, and its update': (draw) => ({
    operands: [draw.f32([33])],
    build: (x) => [x, ops.add(x, 1), ops.reshape(x, [3, 11])],
  }),
  'two updates of one input': (draw) => ({ operands: [draw.f32([33])], build: (x) => [ops.add(x, 1), ops.sub(x, 1)] }),
  'rows added to a table that is read as well': (draw) => ({
    operands: [draw.f32([5, 3]), draw.ids([7], 5), draw.f32([7, 3])],
    build: (x, ids, u) => [ops.scatterAddRows(x, ids, u), ops.gatherRows(x, ids), ops.mul(x, 3)],
  }),
  'rows of a table added to itself': (draw) => ({
    operands: [draw.f32([5, 3]), draw.ids([7], 5)],
    build: (x, ids) => ops.scatterAddRows(x, ids, ops.gatherRows(x, ids)),
  }),
  'a cache that attention still reads': cacheTrap,
  'an optimizer step whose old parameter is read as well': optimizerTrap,
};

function cacheTrap(draw: Draw): Trap {
  const operands = {
    q: draw.f32([2, 4]),
    k: draw.f32([2, 2]),
    v: draw.f32([2, 2]),
    keyCache: draw.f32([2, 1, 2, 5]),
    valueCache: draw.f32([2, 1, 5, 2]),
    lengths: i32([2], [3, 0]),
    index: i32([2], [3, 5]),
  };
  return namedCase('cache', operands, ({ index, ...inputs }) => [
    ops.decodeAttention(inputs, 2, 1),
    ops.cacheWrite(inputs.keyCache, inputs.k, index, 3),
    ops.cacheWrite(inputs.valueCache, inputs.v, index, 2),
  ]);
}

function optimizerTrap(draw: Draw): Trap {
  return {
    operands: [draw.f32([33]), draw.f32([33]), draw.f32([33]), draw.f32([33], 0, 1)],
    build: (parameter, gradient, m, v) => {
      const g = parameter.graph;
      const next = ops.adamW(
        { parameter, gradient, m, v, learningRate: g.scalar(0.1), step: g.scalar(1), gradientScale: g.scalar(1) },
        { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0 },
      );
      return [next.parameter, next.m, next.v, ops.sub(next.parameter, parameter), ops.sumSquares(m)];
    },
  };
}

/** Donation: consumed handles, untouched results. */
export function donationChecks(test: BackendUnderTest): ConformanceCheck[] {
  return [
    ...Object.entries(traps).map(([name, make]) =>
      withBackend(test, `donation does not change ${name}`, (backend) =>
        checkTrap(backend, { ...make(new Draw(name)), name }, test.tolerance),
      ),
    ),
    withBackend(test, 'a donated buffer is dead, others live on', checkConsumption),
    withBackend(test, 'a donated buffer cannot be another input as well', checkDoubleBinding),
    withBackend(test, 'every output has memory of its own', checkSeparateOutputs),
    withBackend(test, 'a sum kept by donation stays right over many steps, and memory stays level', checkRunningSum),
  ];
}

async function checkTrap(backend: Backend, trap: GraphCase, tolerance: number): Promise<void> {
  const graph = graphOf(trap);
  const expected = interpreted(graph, trap.operands);
  const everything = trap.operands.map((_, i) => `x${i}`);
  for (const donate of [everything, ['x0'], []]) {
    const actual = await runOn(backend, graphOf(trap), trap.operands, donate);
    requireSameResults(`${trap.name}, donating [${donate.join(', ')}]`, actual, expected, tolerance);
  }
}

async function checkConsumption(backend: Backend): Promise<void> {
  const program = await addProgram(backend, ['a', 'unused']);
  const inputs = addInputs(backend);
  const outputs = await backend.submit(program, { ...inputs });
  await requireContents('the sum', backend, outputs['sum'], [21, 42, 63]);
  await requireContents('b, which was only read', backend, inputs.b, [10, 20, 30]);
  for (const name of ['a', 'unused'] as const) {
    requireThat(!inputs[name].alive, `"${name}" was donated and says it is alive`);
    await requireErrorCode(`read of donated "${name}"`, 'ORZ_BUFFER_CONSUMED', () => backend.read(inputs[name]));
  }
  await requireErrorCode('submit', 'ORZ_BUFFER_CONSUMED', () => backend.submit(program, { ...inputs }));
}

async function checkDoubleBinding(backend: Backend): Promise<void> {
  const inputs = addInputs(backend);
  const aliased = { ...inputs, b: inputs.a };
  const refused = async (what: string, donate: readonly string[]): Promise<void> => {
    const program = await addProgram(backend, donate);
    await requireErrorCode(what, 'ORZ_PROGRAM_INPUT', () => backend.submit(program, aliased));
  };
  await refused('a donated and bound to b', ['a']);
  await refused('donated twice', ['a', 'b']);
  await requireContents('a, which was not consumed', backend, inputs.a, [1, 2, 3]);
}

async function checkSeparateOutputs(backend: Backend): Promise<void> {
  const g = new Graph('aliases');
  const x = g.input('x', [3]);
  const y = ops.add(x, 1);
  const outputs: Record<string, Tensor> = { same: x, again: x, next: y, twin: y, shaped: ops.reshape(y, [1, 3]) };
  for (const [name, t] of Object.entries(outputs)) g.output(name, t);
  for (const donate of [[], ['x']]) {
    const program = await backend.compile(g, { label: 'aliases', donate });
    const input = backend.create([3], 'f32', Float32Array.of(1, 2, 3));
    const results = await backend.submit(program, { x: input });
    const handles = [...Object.values(results), ...(donate.length > 0 ? [] : [input])];
    for (const [i, handle] of handles.entries()) backend.write(handle, Float32Array.of(i, i, i));
    for (const [i, handle] of handles.entries())
      await requireContents(`handle ${i} after all were overwritten`, backend, handle, [i, i, i]);
  }
}

async function checkRunningSum(backend: Backend): Promise<void> {
  const size = 257;
  const g = new Graph('accumulate');
  g.output('total', ops.add(g.input('total', [size]), ops.mul(g.input('x', [size]), 0.5)));
  const program = await backend.compile(g, { label: 'accumulate', donate: ['total'] });
  const values = Float32Array.from({ length: size }, (_, i) => i % 8);
  const x = backend.create([size], 'f32', values);
  let total = backend.create([size], 'f32');
  const before = backend.memory();
  for (let step = 0; step < 16; step++)
    total = requireDefined('the total', (await backend.submit(program, { total, x }))['total']);
  const expected = values.map((value) => value * 8);
  requireAgreement('after 16 steps', await backend.read(total), expected, 0);
  requireThat(backend.memory().bytes === before.bytes, 'memory grew', backend.memory());
}
