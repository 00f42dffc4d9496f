import type { Backend } from '../../contracts/backend.js';
import { gradients, vectorJacobian } from '../../compute/tensor/autodiff.js';
import { Graph, type Tensor } from '../../compute/tensor/graph.js';
import { interpret } from '../../compute/tensor/interpret.js';
import * as ops from '../../compute/tensor/ops.js';
import type { Shape, TensorData } from '../../compute/tensor/types.js';
import { lastOf, zip } from '../../arrays.js';
import { requireDefined, requireThat, type ConformanceCheck } from '../check.js';
import {
  agrees,
  Draw,
  i32,
  namedCase,
  requireAgreement,
  withBackend,
  type BackendUnderTest,
  type GraphCase,
} from './harness.js';

/** A decoder small enough to check by eye: one block, two segments per row, tied output layer. */
const size = { rows: 2, length: 7, width: 12, heads: 2, kvHeads: 1, hidden: 17, vocabulary: 33 };
const tokens = size.rows * size.length;
const head = size.width / size.heads;
const weightShapes = {
  embedding: [size.vocabulary, size.width],
  norm: [size.width],
  q: [size.width, size.width],
  qBias: [size.width],
  k: [head, size.width],
  v: [head, size.width],
  o: [size.width, size.width],
  gate: [size.hidden, size.width],
  up: [size.hidden, size.width],
  down: [size.width, size.hidden],
} as const satisfies Record<string, Shape>;

type WeightName = keyof typeof weightShapes;

type Weights = Readonly<Record<WeightName, Tensor>>;
type BlockWeights = Omit<Weights, 'embedding'>;

/** Where tokens are: rotation angles [tokens, head/2], and the start of each token's segment [rows, length]. */
interface Layout {
  readonly cos: Tensor;
  readonly sin: Tensor;
  readonly starts: Tensor;
}

function blockOf(x: Tensor, w: BlockWeights, layout: Layout): Tensor {
  const packed = (t: Tensor): Tensor => ops.reshape(t, [size.rows, size.length, lastOf(t.shape)]);
  const normed = ops.rmsNorm(x, w.norm, 1e-6);
  const q = ops.rotary(ops.linear(normed, w.q, w.qBias), layout.cos, layout.sin, size.heads);
  const k = ops.rotary(ops.linear(normed, w.k), layout.cos, layout.sin, size.kvHeads);
  const mixed = ops.attention(
    { q: packed(q), k: packed(k), v: packed(ops.linear(normed, w.v)), starts: layout.starts },
    size.heads,
    size.kvHeads,
  );
  const middle = ops.add(x, ops.linear(ops.reshape(mixed, [tokens, size.width]), w.o));
  const again = ops.rmsNorm(middle, w.norm, 1e-6);
  return ops.add(middle, ops.linear(ops.mul(ops.silu(ops.linear(again, w.gate)), ops.linear(again, w.up)), w.down));
}

/** Maps the values of a record, in the order of its keys. */
const mapValues = <K extends string, A, B>(record: Readonly<Record<K, A>>, f: (value: A, key: K) => B): Record<K, B> =>
  Object.fromEntries(Object.entries<A>(record).map(([key, value]) => [key, f(value, key as K)])) as Record<K, B>;

/** Inputs of the decoder as tensors of a graph, with the values they are fed. */
interface DecoderInputs {
  readonly weights: Weights;
  readonly layout: Layout;
  readonly ids: Tensor;
  readonly targets: Tensor;
  readonly feeds: Record<string, TensorData>;
}

function decoderInputs(g: Graph, draw: Draw): DecoderInputs {
  const feeds: Record<string, TensorData> = {};
  const f32 = (name: string, shape: Shape): Tensor => {
    feeds[name] = draw.f32(shape, -0.5, 0.5).data;
    return g.input(name, shape);
  };
  const integers = (name: string, shape: Shape, data: TensorData): Tensor => {
    feeds[name] = data;
    return g.input(name, shape, 'i32');
  };
  const starts = Int32Array.from({ length: tokens }, (_, i) => (i % size.length < 4 ? 0 : 4));
  return {
    weights: mapValues(weightShapes, (shape, name) => f32(name, shape)),
    layout: {
      cos: f32('cos', [tokens, head / 2]),
      sin: f32('sin', [tokens, head / 2]),
      starts: integers('starts', [size.rows, size.length], starts),
    },
    ids: integers('ids', [tokens], draw.ids([tokens], size.vocabulary).data),
    targets: integers('targets', [tokens], draw.ids([tokens], size.vocabulary).data),
    feeds,
  };
}

/** Loss and the gradient of every weight, added to running sums. */
function trainingGraph(draw: Draw): { graph: Graph; feeds: Record<string, TensorData> } {
  const graph = new Graph('conformance training');
  const { weights, layout, ids, targets, feeds } = decoderInputs(graph, draw);
  const x = blockOf(ops.gatherRows(weights.embedding, ids), weights, layout);
  const { logprob, entropy } = ops.tokenLogprob(
    ops.linear(ops.rmsNorm(x, weights.norm, 1e-6), weights.embedding),
    targets,
  );
  const loss = ops.neg(ops.sum(ops.add(logprob, ops.mul(entropy, 0.1))));
  const runningSums = new Map<Tensor, Tensor>();
  for (const [name, w] of Object.entries(weights)) {
    feeds[`sum/${name}`] = draw.f32(w.shape).data;
    runningSums.set(w, graph.input(`sum/${name}`, w.shape));
  }
  const sums = gradients(loss, Object.values(weights), runningSums);
  for (const [name, gradient] of zip(Object.keys(weights), sums))
    graph.output(`gradient/${name}`, requireDefined(`the gradient of ${name}`, gradient));
  graph.output('loss', loss);
  return { graph, feeds };
}

async function train(backend: Backend, donate: boolean): Promise<Record<string, TensorData>> {
  const { graph, feeds } = trainingGraph(new Draw('training'));
  const program = await backend.compile(graph, {
    label: graph.label,
    donate: donate ? Object.keys(feeds).filter((name) => name.startsWith('sum/')) : [],
  });
  const inputs = Object.fromEntries(
    program.inputs.map(({ name, shape, dtype }) => [name, backend.create(shape, dtype, feeds[name])]),
  );
  const outputs = await backend.submit(program, inputs);
  const results: Record<string, TensorData> = {};
  for (const { name } of program.outputs) results[name] = await backend.read(requireDefined(name, outputs[name]));
  return results;
}

/** Gradients as programs, and the same bits every time where a backend promises them. */
export function trainingChecks(test: BackendUnderTest): ConformanceCheck[] {
  return [
    ...[false, true].map((donate) =>
      withBackend(
        test,
        `value and gradient of a small decoder are right${donate ? ', running sums donated' : ''}`,
        async (backend) => {
          const { graph, feeds } = trainingGraph(new Draw('training'));
          const actual = await train(backend, donate);
          for (const [name, values] of Object.entries(interpret(graph, feeds)))
            requireAgreement(name, requireDefined(name, actual[name]), values, 4 * test.tolerance);
        },
      ),
    ),
    agrees(test, 'a block differentiated by itself gives what flows into and out of it', (draw) => [blockCase(draw)]),
    withBackend(test, 'two executions give equal bits, where the backend says so', checkDeterminism),
  ];
}

async function checkDeterminism(backend: Backend, test: BackendUnderTest): Promise<void> {
  const { info } = backend;
  const first = await train(backend, true);
  const second = await train(backend, true);
  const other = await test.create();
  try {
    const third = await train(other, false);
    requireThat(info.backend !== '' && info.device !== '', 'info names no backend or device', info);
    if (!info.deterministic) return;
    for (const [name, values] of Object.entries(first)) {
      requireThat(sameBits(values, second[name]), `${name} differs between two executions`);
      requireThat(sameBits(values, third[name]), `${name} differs in another instance without donation`);
    }
  } finally {
    await other.dispose();
  }
}

const sameBits = (a: TensorData, b: TensorData | undefined): boolean =>
  a.length === b?.length && a.every((v, i) => Object.is(v, b[i]));

function blockCase(draw: Draw): GraphCase {
  const { embedding: _, ...blockShapes } = weightShapes;
  const starts = Array.from({ length: tokens }, (_, i) => (i % size.length < 2 ? 0 : i % size.length));
  const operands = {
    x: draw.f32([tokens, size.width]),
    dy: draw.f32([tokens, size.width]),
    cos: draw.f32([tokens, head / 2]),
    sin: draw.f32([tokens, head / 2]),
    starts: i32([size.rows, size.length], starts),
    ...mapValues(blockShapes, (shape) => draw.f32(shape, -0.5, 0.5)),
  };
  return namedCase('block', operands, ({ x, dy, cos, sin, starts, ...weights }) => {
    const y = blockOf(x, weights, { cos, sin, starts });
    const inputGradients = vectorJacobian([[y, dy]], [x, ...Object.values(weights)]);
    return [y, ...inputGradients.map((gradient, i) => requireDefined(`the gradient of input ${i}`, gradient))];
  });
}
