import type { Backend } from '../../contracts/backend.js';
import { gradients, vectorJacobian } from '../../compute/tensor/autodiff.js';
import { Graph, type Tensor } from '../../compute/tensor/graph.js';
import { interpret } from '../../compute/tensor/interpret.js';
import * as ops from '../../compute/tensor/ops.js';
import type { Shape, TensorData } from '../../compute/tensor/types.js';
import { requireThat, type ConformanceCheck } from '../check.js';
import { agrees, Draw, i32, requireAgreement, withBackend, type BackendUnderTest, type GraphCase } from './harness.js';

/** A decoder small enough to check by eye: one block, two segments per row, tied output layer. */
const size = { rows: 2, length: 7, width: 12, heads: 2, kvHeads: 1, hidden: 17, vocabulary: 33 };
const tokens = size.rows * size.length,
  head = size.width / size.heads;
const weightShapes: Record<string, Shape> = {
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
};

type Weights = Readonly<Record<string, Tensor>>;

function blockOf(x: Tensor, w: Weights, layout: { cos: Tensor; sin: Tensor; starts: Tensor }): Tensor {
  const packed = (t: Tensor): Tensor => ops.reshape(t, [size.rows, size.length, t.shape[1]!]);
  const normed = ops.rmsNorm(x, w['norm']!, 1e-6);
  const q = ops.rotary(ops.linear(normed, w['q']!, w['qBias']), layout.cos, layout.sin, size.heads);
  const k = ops.rotary(ops.linear(normed, w['k']!), layout.cos, layout.sin, size.kvHeads);
  const mixed = ops.attention(
    { q: packed(q), k: packed(k), v: packed(ops.linear(normed, w['v']!)), starts: layout.starts },
    size.heads,
    size.kvHeads,
  );
  const middle = ops.add(x, ops.linear(ops.reshape(mixed, [tokens, size.width]), w['o']!));
  const again = ops.rmsNorm(middle, w['norm']!, 1e-6);
  return ops.add(
    middle,
    ops.linear(ops.mul(ops.silu(ops.linear(again, w['gate']!)), ops.linear(again, w['up']!)), w['down']!),
  );
}

/** Inputs of the decoder as tensors of a graph, with the values they are fed. */
function decoderInputs(
  g: Graph,
  draw: Draw,
): {
  weights: Weights;
  layout: { cos: Tensor; sin: Tensor; starts: Tensor };
  ids: Tensor;
  targets: Tensor;
  feeds: Record<string, TensorData>;
} {
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
    weights: Object.fromEntries(Object.entries(weightShapes).map(([name, shape]) => [name, f32(name, shape)])),
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
  const x = blockOf(ops.gatherRows(weights['embedding']!, ids), weights, layout);
  const { logprob, entropy } = ops.tokenLogprob(
    ops.linear(ops.rmsNorm(x, weights['norm']!, 1e-6), weights['embedding']!),
    targets,
  );
  const loss = ops.neg(ops.sum(ops.add(logprob, ops.mul(entropy, 0.1))));
  const into = new Map<Tensor, Tensor>(
    Object.entries(weights).map(([name, w]) => {
      feeds[`sum/${name}`] = draw.f32(w.shape).data;
      return [w, graph.input(`sum/${name}`, w.shape)];
    }),
  );
  gradients(loss, Object.values(weights), into).forEach((gradient, i) =>
    graph.output(`gradient/${Object.keys(weights)[i]!}`, gradient!),
  );
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
  for (const { name } of program.outputs) results[name] = await backend.read(outputs[name]!);
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
          const expected = interpret(graph, feeds);
          const actual = await train(backend, donate);
          for (const [name, values] of Object.entries(expected))
            requireAgreement(name, actual[name]!, values, 4 * test.tolerance);
        },
      ),
    ),
    agrees(test, 'a block differentiated by itself gives what flows into and out of it', (draw) => [blockCase(draw)]),
    withBackend(test, 'two runs give equal bits, where the backend says so', async (backend) => {
      const [first, second] = [await train(backend, true), await train(backend, true)];
      const other = await test.create();
      try {
        const third = await train(other, false);
        requireThat(
          backend.info.backend !== '' && backend.info.device !== '',
          'info names no backend or device',
          backend.info,
        );
        if (!backend.info.deterministic) return;
        for (const [name, values] of Object.entries(first)) {
          requireThat(sameBits(values, second[name]!), `${name} differs between two runs`);
          requireThat(sameBits(values, third[name]!), `${name} differs in another instance without donation`);
        }
      } finally {
        await other.dispose();
      }
    }),
  ];
}

const sameBits = (a: TensorData, b: TensorData): boolean =>
  a.length === b.length && a.every((v, i) => Object.is(v, b[i]));

function blockCase(draw: Draw): GraphCase {
  const names = Object.keys(weightShapes).filter((name) => name !== 'embedding');
  const starts = Array.from({ length: tokens }, (_, i) => (i % size.length < 2 ? 0 : i % size.length));
  return {
    name: 'block',
    operands: [
      draw.f32([tokens, size.width]),
      draw.f32([tokens, size.width]),
      draw.f32([tokens, head / 2]),
      draw.f32([tokens, head / 2]),
      i32([size.rows, size.length], starts),
      ...names.map((name) => draw.f32(weightShapes[name]!, -0.5, 0.5)),
    ],
    build: (x, dy, cos, sin, starts, ...weights) => {
      const y = blockOf(x, Object.fromEntries(names.map((name, i) => [name, weights[i]!])), {
        cos: cos,
        sin: sin,
        starts: starts,
      });
      return [y, ...vectorJacobian([[y, dy]], [x, ...weights]).map((gradient) => gradient!)];
    },
  };
}
