import { tryLoss } from '../compute/engine/host-loss.js';
import {
  buildLoss,
  lossInputPrefix,
  metricPrefix,
  sequenceInput,
  type ScoreName,
  type ScoreTensors,
} from '../compute/engine/loss-tensors.js';
import { gradients } from '../compute/tensor/autodiff.js';
import type { Graph, Tensor } from '../compute/tensor/graph.js';
import { fullLike } from '../compute/tensor/ops.js';
import type { Backend } from '../contracts/backend.js';
import type { Loss } from '../contracts/loss.js';
import { isOrzError } from '../errors.js';
import { createRandom } from '../random.js';
import { requireDefined, requireThat } from './check.js';
import { compileForHost } from './run-graph.js';
import { stopsAsInputs } from './stopped-gradients.js';

/** What the loss trains: a policy through its log-probabilities or entropies, or a critic through its values. */
export type TrainedField = 'logprobs' | 'entropy' | 'values';

const fields = [
  'weights',
  'logprobs',
  'entropy',
  'oldLogprobs',
  'refLogprobs',
  'samplerLogprobs',
  'advantages',
  'truncated',
  'group',
  'values',
  'oldValues',
  'returns',
] as const;
export type LossField = (typeof fields)[number];
/** One micro-batch, [tokens] each. */
export type LossData = Readonly<Record<LossField, Float32Array>> & {
  /** Index of the sequence of each token; one sequence if absent. */
  readonly sequence?: Int32Array;
};

/** What the model of a loss computes. */
const scoresOf: Readonly<Record<TrainedField, readonly ScoreName[]>> = {
  logprobs: ['logprobs', 'entropy'],
  entropy: ['logprobs', 'entropy'],
  values: ['values'],
};

/**
 * Ten ordinary tokens of three sequences: positive weights, ratios around 1 on both sides of common clip ranges,
 * returns 0 and 1. The first sequence is whole in the first four tokens.
 */
export function exampleLossData(): LossData {
  const { uniform } = createRandom(1).stream('loss-conformance');
  const draw = (key: number, f: (u: number) => number): Float32Array =>
    Float32Array.from({ length: 10 }, (_, i) => f(uniform(key, i)));
  const near = (row: Float32Array, key: number, f: (x: number, u: number) => number): Float32Array =>
    row.map((x, i) => f(x, uniform(key, i)));
  const logprobs = draw(1, (u) => -0.1 - 2 * u);
  const oldLogprobs = near(logprobs, 3, (x, u) => x + u - 0.5);
  const values = draw(6, (u) => 2 * u - 0.5);
  const sequence = Int32Array.of(0, 0, 0, 0, 1, 1, 1, 2, 2, 2);
  return {
    weights: draw(0, (u) => (0.2 + u) / 10),
    logprobs,
    entropy: draw(2, (u) => 2 * u),
    oldLogprobs,
    refLogprobs: near(logprobs, 4, (x, u) => x + 1.4 * u - 0.7),
    samplerLogprobs: near(oldLogprobs, 9, (x, u) => x + 0.4 * u - 0.2),
    advantages: draw(5, (u) => 4 * u - 2),
    truncated: Float32Array.from(sequence, (s) => (s === 1 ? 1 : 0)),
    group: Float32Array.from(sequence, (s) => Math.floor(s / 2)),
    values,
    oldValues: near(values, 7, (x, u) => x + u - 0.5),
    returns: draw(8, (u) => (u < 0.5 ? 0 : 1)),
    sequence,
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
  /** The loss at `data` with what it stops the gradient of as it is at `origin`: what its gradient is the slope of. */
  runStopped(data: LossData, origin: LossData): Promise<number>;
  release(): Promise<void>;
}

/** Compiles a loss with its gradient. Throws ORZ_PLUGIN_INVALID if it reads what only the other model computes. */
export async function compileLoss(
  backend: Backend,
  loss: Loss,
  trained: TrainedField,
  tokens: number,
): Promise<LossRunner> {
  requireOwnScores(loss, trained);
  const label = `conformance of ${loss.name}`;
  const build = (g: Graph): Record<string, Tensor> => {
    const scores = scoreInputs(g, trained, tokens);
    const total = buildLoss(g, loss, scores, tokens);
    const outputs = Object.fromEntries(g.outputs);
    g.outputs.clear();
    const score = requireDefined(trained, scores[trained]);
    const [gradient] = gradients(total, [score]);
    return { ...outputs, gradient: gradient ?? fullLike(score, 0) };
  };
  const stopped = stopsAsInputs((g) => ({ loss: requireDefined('the loss', build(g)['loss']) }));
  const whole = await compileForHost(backend, label, build);
  const at = stopped && (await compileForHost(backend, `${label}: what it stops`, stopped.values));
  const near = stopped && (await compileForHost(backend, `${label}: what it stops given`, stopped.function));
  const inputs = (data: LossData) => inputsOf(loss, data, tokens);
  return {
    run: async (data) => evaluationOf(await whole.run(inputs(data))),
    runStopped: async (data, origin) => {
      const stops = await at?.run(inputs(origin));
      const { loss: value } = await (near ?? whole).run({ ...inputs(data), ...stops });
      return requireDefined('the loss', value?.[0]);
    },
    release: async () => {
      for (const program of [whole, at, near]) await program?.release();
    },
  };
}

/** What the model computes, each an input of the program once it is read. */
export function scoreInputs(g: Graph, trained: TrainedField, tokens: number): ScoreTensors {
  const inputs = scoresOf[trained].map((name) => {
    const get = (): Tensor => g.inputs.get(name) ?? g.input(name, [tokens]);
    return [name, { get, enumerable: true }] as const;
  });
  return Object.defineProperties({}, Object.fromEntries(inputs));
}

function requireOwnScores(loss: Loss, trained: TrainedField): void {
  try {
    tryLoss(loss, scoresOf[trained]);
  } catch (error) {
    if (!isOrzError(error) || error.code !== 'ORZ_CAPABILITY') throw error;
    requireThat(false, `a loss that trains ${trained}: ${error.message}`);
  }
}

/** A micro-batch by the names of the program. */
function inputsOf(loss: Loss, data: LossData, tokens: number): Record<string, Float32Array | Int32Array> {
  const scores = [...scoresOf.logprobs, ...scoresOf.values].map((name) => [name, data[name]] as const);
  const given = fields.map((field) => [`${lossInputPrefix}${field}`, data[field]] as const);
  const controls = Object.entries(loss.controls?.start ?? {}).map(
    ([name, value]) => [`${lossInputPrefix}control:${name}`, new Float32Array(tokens).fill(value)] as const,
  );
  return {
    ...Object.fromEntries([...scores, ...given, ...controls]),
    [sequenceInput]: data.sequence ?? new Int32Array(tokens),
  };
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

/** One array per field. */
export const mapFields = (f: (field: LossField) => Float32Array): Record<LossField, Float32Array> =>
  Object.fromEntries(fields.map((field) => [field, f(field)])) as Record<LossField, Float32Array>;
