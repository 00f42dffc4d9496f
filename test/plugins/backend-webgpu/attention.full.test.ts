import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../../core/random.js';
import { gradients } from '../../../core/compute/tensor/autodiff.js';
import { Graph } from '../../../core/compute/tensor/graph.js';
import { interpret } from '../../../core/compute/tensor/interpret.js';
import * as ops from '../../../core/compute/tensor/ops.js';
import type { TensorData } from '../../../core/compute/tensor/types.js';
import type { WebGpuBackend } from '../../../plugins/backend-webgpu/backend.js';
import { skipReason, startWebGpu } from './support.js';

const stream = createRandom(11).stream('webgpu attention');
/** Numbers in -1 … 1, the same for the same key, so that a longer draw begins as a shorter one. */
const draw = (key: number, count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => 2 * stream.uniform(key, i) - 1);

type Feeds = Record<string, TensorData>;
interface Problem {
  readonly graph: Graph;
  readonly feeds: Feeds;
}

async function execute(backend: WebGpuBackend, { graph, feeds }: Problem): Promise<Feeds> {
  const program = await backend.compile(graph, { label: 'attention' });
  const outputs = await backend.submit(
    program,
    Object.fromEntries(
      program.inputs.map(({ name, shape, dtype }) => [name, backend.create(shape, dtype, feeds[name])]),
    ),
  );
  return Object.fromEntries(
    await Promise.all(
      Object.entries(outputs).map(async ([name, buffer]) => [name, await backend.read(buffer)] as const),
    ),
  );
}

function expectRight(problem: Problem, actual: Feeds): void {
  for (const [name, expected] of Object.entries(interpret(problem.graph, problem.feeds))) {
    const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
    const error = expected.reduce((worst, e, i) => Math.max(worst, Math.abs(actual[name]![i]! - e)), 0);
    expect(error / largest, name).toBeLessThan(1e-5);
  }
}

interface Size {
  readonly rows: number;
  readonly length: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly h: number;
}

/**
 * Attention with its gradients. The `rows` begin as those of a longer or larger problem; `starts` is a rule for all
 * rows, and padding follows `used` tokens.
 */
function attention(
  { rows, length, heads, kvHeads, h }: Size,
  isBorder: (i: number) => boolean,
  used = length,
): Problem {
  const graph = new Graph('attention'),
    feeds: Feeds = {};
  const rowsOf = (key: number, width: number): Float32Array => {
    const data = new Float32Array(rows * length * width);
    for (let row = 0; row < rows; row++) data.set(draw(10 * row + key, used * width), row * length * width);
    return data;
  };
  const input = (name: string, key: number, width: number) => {
    feeds[name] = rowsOf(key, width);
    return graph.input(name, [rows, length, width]);
  };
  const q = input('q', 0, heads * h),
    k = input('k', 1, kvHeads * h),
    v = input('v', 2, kvHeads * h),
    weights = input('weights', 3, heads * h);
  const starts: number[] = [];
  for (let i = 0; i < length; i++) starts.push(i === 0 || i >= used || isBorder(i) ? i : starts[i - 1]!);
  feeds['starts'] = Int32Array.from({ length: rows * length }, (_, i) => starts[i % length]!);
  const y = ops.attention({ q, k, v, starts: graph.input('starts', [rows, length], 'i32') }, heads, kvHeads);
  graph.output('y', y);
  gradients(ops.sum(ops.mul(y, weights)), [q, k, v]).forEach((gradient, i) =>
    graph.output(['dq', 'dk', 'dv'][i]!, gradient!),
  );
  return { graph, feeds };
}

const everywhere = (i: number): boolean => stream.integer(6, 1, i) === 0;

describe.skipIf(skipReason !== undefined).each([
  { workgroupBytes: 32_768, rows: 2, length: 45, heads: 2, kvHeads: 2, h: 64 },
  { workgroupBytes: 32_768, rows: 1, length: 65, heads: 2, kvHeads: 1, h: 128 },
  { workgroupBytes: 16_384, rows: 1, length: 40, heads: 7, kvHeads: 1, h: 64 },
  { workgroupBytes: 16_384, rows: 1, length: 19, heads: 2, kvHeads: 1, h: 128 },
  { workgroupBytes: 16_384, rows: 1, length: 19, heads: 2, kvHeads: 1, h: 256 },
])(
  'attention for a GPU with $workgroupBytes bytes of workgroup memory: $heads heads of $h on $kvHeads',
  ({ workgroupBytes, ...size }) => {
    let backend: WebGpuBackend;
    beforeAll(async () => {
      backend = await startWebGpu({ isCpu: false, workgroupBytes });
    });
    afterAll(() => backend.dispose());

    it.each([
      ['everywhere', everywhere],
      ['nowhere', () => false],
      ['at one token', (i: number) => i === 17],
    ])('is right within 1e-5 with segment borders %s', async (_, isBorder) => {
      const problem = attention(size, isBorder);
      expectRight(problem, await execute(backend, problem));
    });
  },
);

describe.skipIf(skipReason !== undefined)('attention for a GPU', () => {
  it('gives a sequence the same bits whatever follows it and however long its row is', async () => {
    const backend = await startWebGpu({ isCpu: false }),
      used = 37,
      size = { heads: 3, kvHeads: 1, h: 4 };
    const alone = await execute(
      backend,
      attention({ ...size, rows: 1, length: used }, () => false),
    );
    const padded = await execute(
      backend,
      attention({ ...size, rows: 2, length: 80 }, () => false, used),
    );
    for (const [name, data] of Object.entries(alone)) expect(padded[name]!.slice(0, data.length), name).toEqual(data);
    await backend.dispose();
  });
});

interface DecodeSize {
  readonly heads: number;
  readonly kvHeads: number;
  readonly h: number;
  readonly capacity: number;
  readonly lengths: readonly number[];
}

/**
 * Lanes are the same whatever the capacity and however many there are. Behind the last cached token the cache is not a
 * number.
 */
function decoding({ heads, kvHeads, h, capacity, lengths }: DecodeSize): Problem {
  const graph = new Graph('decoding'),
    lanes = lengths.length,
    input = (name: string, shape: number[], of: (lane: number) => TensorData) => {
      const data = new Float32Array(shape.reduce((a, b) => a * b));
      for (let lane = 0; lane < lanes; lane++) data.set(of(lane), lane * (data.length / lanes));
      feeds[name] = data;
      return graph.input(name, shape);
    };
  const feeds: Feeds = { lengths: Int32Array.from(lengths) };
  const cached = (key: number, lane: number, at: (head: number, token: number, d: number) => number): Float32Array => {
    const data = new Float32Array(kvHeads * capacity * h).fill(NaN);
    for (let head = 0; head < kvHeads; head++)
      for (let token = 0; token < lengths[lane]!; token++)
        draw(1000 * lane + 100 * token + 10 * head + key, h).forEach((x, d) => {
          data[at(head, token, d)] = x;
        });
    return data;
  };
  const t = {
    q: input('q', [lanes, heads * h], (lane) => draw(1000 * lane + 1, heads * h)),
    k: input('k', [lanes, kvHeads * h], (lane) => draw(1000 * lane + 2, kvHeads * h)),
    v: input('v', [lanes, kvHeads * h], (lane) => draw(1000 * lane + 3, kvHeads * h)),
    keyCache: input('keys', [lanes, kvHeads, h, capacity], (lane) =>
      cached(4, lane, (head, token, d) => (head * h + d) * capacity + token),
    ),
    valueCache: input('values', [lanes, kvHeads, capacity, h], (lane) =>
      cached(5, lane, (head, token, d) => (head * capacity + token) * h + d),
    ),
    lengths: graph.input('lengths', [lanes], 'i32'),
  };
  graph.output('y', ops.decodeAttention(t, heads, kvHeads));
  return { graph, feeds };
}

/** The definition multiplies what lies behind the last token by zero. */
const withoutNaN = ({ graph, feeds }: Problem): Problem => ({
  graph,
  feeds: Object.fromEntries(
    Object.entries(feeds).map(([name, data]) => [
      name,
      data instanceof Float32Array ? data.map((x) => (Number.isNaN(x) ? 0 : x)) : data,
    ]),
  ),
});

describe.skipIf(skipReason !== undefined)('decode attention for a GPU', () => {
  const backends: WebGpuBackend[] = [];
  beforeAll(async () => {
    backends.push(await startWebGpu({ isCpu: false, subgroups: false }));
    if (backends[0]!.device.gpu.features.has('subgroups'))
      backends.push(await startWebGpu({ isCpu: false, subgroups: true }));
  });
  afterAll(async () => {
    for (const backend of backends) await backend.dispose();
  });

  it.each<DecodeSize>([
    { heads: 4, kvHeads: 2, h: 8, capacity: 33, lengths: [0, 17, 33] },
    { heads: 7, kvHeads: 1, h: 64, capacity: 300, lengths: [257, 300] },
    { heads: 9, kvHeads: 1, h: 128, capacity: 40, lengths: [40] },
    { heads: 2, kvHeads: 2, h: 5, capacity: 140, lengths: [140, 1] },
    { heads: 2, kvHeads: 1, h: 520, capacity: 5, lengths: [4] },
  ])(
    'is right within 1e-5, bit for bit the same without subgroups: $heads heads of $h on $kvHeads, lengths $lengths',
    async (size) => {
      const problem = decoding(size),
        results: Feeds[] = [];
      for (const backend of backends) results.push(await execute(backend, problem));
      expectRight(withoutNaN(problem), results[0]!);
      for (const result of results) expect(result).toEqual(results[0]);
    },
  );

  it('gives a lane the same bits whatever the others are, and for any capacity', async () => {
    const size = { heads: 4, kvHeads: 2, h: 12 },
      backend = backends.at(-1)!;
    const alone = await execute(backend, decoding({ ...size, capacity: 150, lengths: [150] })),
      together = await execute(backend, decoding({ ...size, capacity: 333, lengths: [150, 333, 7] }));
    expect(together['y']!.slice(0, 48)).toEqual(alone['y']);
  });
});
