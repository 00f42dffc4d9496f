import type { Backend, DeviceBuffer } from '../../contracts/backend.js';
import { Graph, type Tensor } from '../../compute/tensor/graph.js';
import { interpret } from '../../compute/tensor/interpret.js';
import * as ops from '../../compute/tensor/ops.js';
import { sizeOf, type Shape } from '../../compute/tensor/types.js';
import { requireDefined, requireErrorCode, requireThat, type ConformanceCheck } from '../check.js';
import { requireContents } from './buffers.js';
import { Draw, requireAgreement, withBackend, type BackendUnderTest } from './harness.js';

/** Numbers stored as bf16: what buffers hold, what programs read of them, and how they round. */
export function storageChecks(test: BackendUnderTest): ConformanceCheck[] {
  return [
    withBackend(test, 'a buffer of bf16 holds the nearest numbers, in about half the bytes', checkBuffer),
    withBackend(test, 'fromBf16 is exact, whatever reads it', checkReading),
    withBackend(test, 'toBf16 rounds with the random bits of its key, the same on every backend', checkRounding),
    withBackend(test, 'an optimizer step on stored bf16', checkStep),
  ];
}

/** 1 + 2⁻⁸ and 1 + 3 · 2⁻⁸ lie in the middle between two bf16 numbers; −1.17 and 1e-3 do not. */
const written = [1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, -1.17, 1e-3, 0, -2.5];
const nearest = [1, 1, 1 + 2 ** -6, -1.171875, 0.00099945068359375, 0, -2.5];

async function checkBuffer(backend: Backend): Promise<void> {
  const buffer = backend.create([7], 'bf16', Float32Array.from(written));
  await requireContents('created', backend, buffer, nearest);
  requireThat(buffer.bytes >= 14 && buffer.bytes <= 16, 'seven numbers of bf16 are not 14 to 16 bytes', buffer.bytes);
  backend.write(buffer, Float32Array.from(written.toReversed()));
  await requireContents('written', backend, buffer, nearest.toReversed());
  await requireContents('zeros', backend, backend.create([3], 'bf16'), [0, 0, 0]);
  await requireErrorCode('a part', 'ORZ_GRAPH_SHAPE', async () => backend.write(buffer, Float32Array.of(1), 2));
  await requireErrorCode('integers', 'ORZ_GRAPH_DTYPE', async () => backend.create([1], 'bf16', Int32Array.of(1)));
}

/** A buffer of bf16 with random numbers, and these as they are stored. */
async function stored(backend: Backend, draw: Draw, shape: Shape) {
  const buffer = backend.create(shape, 'bf16', draw.f32(shape).data);
  return { buffer, data: await backend.read(buffer) };
}

async function checkReading(backend: Backend, { tolerance }: BackendUnderTest): Promise<void> {
  const draw = new Draw('stored');
  const g = new Graph('reading');
  const weight = ops.fromBf16(g.input('weight', [31, 33], 'bf16'));
  const scale = ops.fromBf16(g.input('scale', [33], 'bf16'));
  const one = ops.fromBf16(g.input('one', [], 'bf16'));
  g.output('plain', weight);
  g.output('product', ops.matmul(ops.mul(weight, scale), weight, { transB: true }));
  g.output('row', ops.gatherRows(weight, g.constant(Int32Array.of(30, 2), [2])));
  g.output('sum', ops.add(ops.sum(weight, [0]), one));
  const inputs = {
    weight: await stored(backend, draw, [31, 33]),
    scale: await stored(backend, draw, [33]),
    one: await stored(backend, draw, []),
  };
  const program = await backend.compile(g, { label: 'reading' });
  const results = await backend.submit(
    program,
    mapValues(inputs, ({ buffer }) => buffer),
  );
  const expected = interpret(
    g,
    mapValues(inputs, ({ data }) => data),
  );
  for (const [name, values] of Object.entries(expected)) {
    const result = requireDefined(name, results[name]);
    requireAgreement(name, await backend.read(result), values, name === 'plain' ? 0 : tolerance);
  }
}

/** Representable numbers, infinities and NaN stay; of the others each gets random bits of its own. */
async function checkRounding(backend: Backend): Promise<void> {
  const special = [1, -2.5, 0, Infinity, -Infinity, NaN, 1 + 2 ** -8];
  for (const shape of [[], [1], [7], [3, 33], [1025]]) {
    const data = new Draw('rounded').f32(shape).data;
    if (shape.length === 1) data.set(special.slice(0, sizeOf(shape)));
    for (const key of [Int32Array.of(1, 2, 3, 4), Int32Array.of(-1, 0x7fff_ffff, -2_000_000_000, 0)]) {
      const g = new Graph('rounding');
      g.output('y', ops.toBf16(g.input('x', shape), g.input('key', [4], 'i32')));
      const program = await backend.compile(g, { label: 'rounding' });
      const x = backend.create(shape, 'f32', data),
        bound = backend.create([4], 'i32', key);
      const { y } = await backend.submit(program, { x, key: bound });
      const actual = await backend.read(requireDefined('y', y));
      requireAgreement(`[${shape.join()}]`, actual, requireDefined('y', interpret(g, { x: data, key })['y']), 0);
    }
  }
}

/** State that is donated, widened, updated and rounded again. */
async function checkStep(backend: Backend, { tolerance }: BackendUnderTest): Promise<void> {
  const g = new Graph('step');
  const key = g.input('key', [4], 'i32');
  const inputs = Object.fromEntries(['parameter', 'm', 'v'].map((n) => [n, g.input(n, [5, 7], 'bf16')]));
  const read = (name: string): Tensor => ops.fromBf16(requireDefined(name, inputs[name]));
  const gradient = g.input('gradient', [5, 7]);
  const one = g.scalar(1);
  const adam = { parameter: read('parameter'), m: read('m'), v: read('v'), gradient };
  const settings = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 };
  const next = ops.adamW({ ...adam, learningRate: g.scalar(0.1), step: one, gradientScale: one }, settings);
  for (const [name, t] of Object.entries(next)) g.output(name, ops.toBf16(t, key));
  const values = new Draw('gradient').f32([5, 7], 0.1, 1).data;
  const keyData = Int32Array.of(5, 6, 7, 8);
  const buffers: Record<string, DeviceBuffer> = {
    ...mapValues(inputs, (t) => backend.create(t.shape, 'bf16')),
    gradient: backend.create([5, 7], 'f32', values),
    key: backend.create([4], 'i32', keyData),
  };
  const program = await backend.compile(g, { label: 'step', donate: Object.keys(inputs) });
  const results = await backend.submit(program, buffers);
  const zeros = mapValues(inputs, () => new Float32Array(35));
  const expected = interpret(g, { ...zeros, gradient: values, key: keyData });
  for (const [name, wanted] of Object.entries(expected)) {
    // A last bit that differs in f32 may be what decides where a number is rounded to: one step of bf16.
    const actual = await backend.read(requireDefined(name, results[name]));
    requireAgreement(name, actual, wanted, Math.max(tolerance, 2 ** -7));
    requireThat(buffers[name]?.alive === false, `${name} was donated and lives on`);
  }
}

const mapValues = <T, U>(record: Readonly<Record<string, T>>, f: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]));
