import type { Backend } from '../contracts/backend.js';
import type { Loss, LossTensors } from '../contracts/loss.js';
import { createRandom } from '../random.js';
import { gradients } from '../compute/tensor/autodiff.js';
import type { Graph, Tensor } from '../compute/tensor/graph.js';
import { fullLike } from '../compute/tensor/ops.js';
import { requireDefined, requireThat } from './check.js';
import { compileForHost } from './run-graph.js';

/** What the loss trains: a policy through its log-probabilities, or a critic through its values. */
export type TrainedField = 'logprobs' | 'values';

const fields = [
  'weights',
  'logprobs',
  'entropy',
  'oldLogprobs',
  'refLogprobs',
  'advantages',
  'values',
  'oldValues',
  'returns',
] as const;
export type LossField = (typeof fields)[number];
/** One micro-batch, [tokens] each. */
export type LossData = Readonly<Record<LossField, Float32Array>>;

/** What only the other model computes; reading it is an error of the loss. */
const foreign: Readonly<Record<TrainedField, readonly LossField[]>> = {
  logprobs: ['values'],
  values: ['logprobs', 'entropy'],
};

/** Ten ordinary tokens: positive weights, ratios around 1 on both sides of common clip ranges, returns 0 and 1. */
export function exampleLossData(): LossData {
  const { uniform } = createRandom(1).stream('loss-conformance');
  const draw = (key: number, f: (u: number) => number): Float32Array =>
    Float32Array.from({ length: 10 }, (_, i) => f(uniform(key, i)));
  const near = (row: Float32Array, key: number, f: (x: number, u: number) => number): Float32Array =>
    row.map((x, i) => f(x, uniform(key, i)));
  const logprobs = draw(1, (u) => -0.1 - 2 * u);
  const values = draw(6, (u) => 2 * u - 0.5);
  return {
    weights: draw(0, (u) => (0.2 + u) / 10),
    logprobs,
    entropy: draw(2, (u) => 2 * u),
    oldLogprobs: near(logprobs, 3, (x, u) => x + u - 0.5),
    refLogprobs: near(logprobs, 4, (x, u) => x + 1.4 * u - 0.7),
    advantages: draw(5, (u) => 4 * u - 2),
    values,
    oldValues: near(values, 7, (x, u) => x + u - 0.5),
    returns: draw(8, (u) => (u < 0.5 ? 0 : 1)),
  };
}

/** Loss, metrics and gradient with respect to the trained field. */
export interface LossEvaluation {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly gradient: Float32Array;
}

/** A loss compiled with its gradient, for micro-batches of one size. */
export interface LossRunner {
  run(data: LossData): Promise<LossEvaluation>;
  release(): Promise<void>;
}

/** Compiles a loss with its gradient. Throws ORZ_PLUGIN_INVALID if it reads what only the other model computes. */
export async function compileLoss(
  backend: Backend,
  loss: Loss,
  trained: TrainedField,
  tokens: number,
): Promise<LossRunner> {
  const program = await compileForHost(backend, `conformance of ${loss.name}`, (g) => {
    const inputs = lossInputs(g, trained, tokens);
    const terms = loss.build(g, inputs);
    const metrics = Object.entries(terms.metrics ?? {});
    for (const [name, tensor] of [['loss', terms.loss] as const, ...metrics]) requireScalar(name, tensor);
    const [gradient] = gradients(terms.loss, [inputs[trained]]);
    return {
      loss: terms.loss,
      gradient: gradient ?? fullLike(inputs[trained], 0),
      ...Object.fromEntries(metrics.map(([name, tensor]) => [`${metricPrefix}${name}`, tensor])),
    };
  });
  return {
    release: () => program.release(),
    run: async (data) => evaluationOf(await program.run(data)),
  };
}

const metricPrefix = 'metric/';

function requireScalar(name: string, { dtype, shape }: Tensor): void {
  const scalar = dtype === 'f32' && shape.length === 0;
  requireThat(scalar, `${name} is ${dtype}[${shape.join(', ')}] instead of an f32 scalar`);
}

function evaluationOf(outputs: Readonly<Record<string, Float32Array>>): LossEvaluation {
  const { loss, gradient, ...metrics } = outputs;
  const scalar = (name: string, data: Float32Array | undefined): number => requireDefined(name, data?.[0]);
  return {
    loss: scalar('the loss', loss),
    gradient: requireDefined('the gradient', gradient),
    metrics: Object.fromEntries(
      Object.entries(metrics).map(([name, data]) => [name.slice(metricPrefix.length), scalar(name, data)]),
    ),
  };
}

/** Inputs that are added to the graph when they are first read, as an engine does. */
export function lossInputs(g: Graph, trained: TrainedField, tokens: number): LossTensors {
  const made = new Map<string, Tensor>();
  const read = (field: LossField): Tensor => {
    requireThat(
      !foreign[trained].includes(field),
      `a loss that trains ${trained} reads ${field}, which its model does not compute`,
    );
    const known = made.get(field) ?? g.input(field, [tokens]);
    made.set(field, known);
    return known;
  };
  return Object.defineProperties(
    {},
    Object.fromEntries(fields.map((field) => [field, { get: () => read(field) }])),
  ) as LossTensors;
}

/** One array per field. */
export const mapFields = (f: (field: LossField) => Float32Array): LossData =>
  Object.fromEntries(fields.map((field) => [field, f(field)])) as LossData;
