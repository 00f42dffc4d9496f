import type { Engine, EngineRequest } from '../../contracts/engine.js';
import type { BaseModel } from '../../contracts/model-source.js';
import type { Loss } from '../../contracts/loss.js';
import type { Model, NamedTensor, TrainingSequence } from '../../contracts/model.js';
import type { Optimizer } from '../../contracts/optimizer.js';
import { isOrzError, type ErrorCode } from '../../errors.js';
import { createRandom } from '../../random.js';
import { add, exp, mul, sub, sum } from '../../compute/tensor/ops.js';
import { requireClose, requireThat, type ConformanceCheck } from '../check.js';
import { collectTensors, exampleBase, gradientRecorder } from '../example-model.js';

/** What the suites of engines, models and samplers ask of an engine under test. */
export interface EngineUnderTest {
  /** Makes an engine for the model and optimizer of the request; every check disposes those it made. */
  readonly create: (request: EngineRequest) => Promise<Engine>;
  /** Largest difference, relative to 1 + |number|, between two ways to compute one number: what rounding costs. */
  readonly tolerance: number;
}

/** A request for the example model with a policy alone; `changes` override parts of it. */
export const exampleRequest = (changes: Partial<EngineRequest> = {}): EngineRequest => ({
  base: exampleBase(),
  optimizer: gradientRecorder,
  critic: false,
  reference: false,
  random: createRandom(5),
  ...changes,
});

/** A check with an engine of its own that is disposed afterwards. */
export function withEngine(
  { create }: EngineUnderTest,
  title: string,
  changes: Partial<EngineRequest>,
  use: (engine: Engine, base: BaseModel) => Promise<void>,
): ConformanceCheck {
  return {
    title,
    run: async () => {
      const request = exampleRequest(changes);
      const engine = await create(request);
      try {
        await use(engine, request.base);
      } finally {
        await engine.dispose();
      }
    },
  };
}

/** A check with two engines made from one request. */
export function withTwoEngines(
  test: EngineUnderTest,
  title: string,
  changes: Partial<EngineRequest>,
  use: (first: Engine, second: Engine, base: BaseModel) => Promise<void>,
): ConformanceCheck {
  return withEngine(test, title, changes, async (first, base) => {
    const second = await test.create(exampleRequest(changes));
    try {
      await use(first, second, base);
    } finally {
      await second.dispose();
    }
  });
}

/** Policy-gradient loss with a ratio, so that weights, advantages and old log-probabilities all matter. */
export const ratioLoss: Loss = {
  name: 'conformance ratio',
  settings: {},
  build: (_g, t) => ({
    loss: sum(mul(t.weights, mul(exp(sub(t.logprobs, t.oldLogprobs)), t.advantages))),
    metrics: { logprob: sum(mul(t.weights, t.logprobs)) },
  }),
};

/** Squared error of values. */
export const squareLoss: Loss = {
  name: 'conformance square',
  settings: {},
  build: (_g, t) => {
    const error = sub(t.values, t.returns);
    return { loss: sum(mul(t.weights, mul(error, error))) };
  },
};

/** Momentum without correction: an optimizer whose state decides every step but the first. */
export const momentum: Optimizer = {
  name: 'conformance momentum',
  settings: {},
  state: ['m'],
  build: (_g, t) => {
    const m = add(mul(t.state['m']!, 0.9), mul(t.gradient, t.gradientScale));
    return { parameter: sub(t.parameter, mul(m, t.learningRate)), state: { m } };
  },
};

/**
 * The gradient of a loss over some sequences, clipped to `maxGradNorm`, read through the contract: the engine must have been
 * made with {@link gradientRecorder}. The model has its old weights afterwards.
 */
export async function gradientOf(
  model: Model,
  loss: Loss,
  calls: readonly (readonly TrainingSequence[])[],
  maxGradNorm = Infinity,
): Promise<{ loss: number; gradient: Map<string, Float32Array>; norm: number }> {
  const weights = await allWeights(model);
  let total = 0;
  for (const sequences of calls) total += (await model.accumulate(sequences, loss)).loss;
  const { gradNorm } = await model.step({ learningRate: 1, maxGradNorm });
  const gradient = await collectTensors(model.exportWeights());
  await model.importWeights(weights);
  return { loss: total, gradient, norm: gradNorm };
}

/** Copies of all weights, as `importWeights` takes them. */
export async function allWeights(model: Model): Promise<NamedTensor[]> {
  const weights: NamedTensor[] = [];
  for await (const { name, shape, data } of model.exportWeights()) weights.push({ name, shape, data: data.slice() });
  return weights;
}

/** Requires that every weight of `actual` is that of `expected`. */
export async function requireSameWeights(actual: Model, expected: Model, tolerance: number): Promise<void> {
  const weights = await allWeights(expected);
  (await allWeights(actual)).forEach(({ name, data }, i) => requireClose(name, data, weights[i]!.data, tolerance));
}

/** Sum of the squares of all entries, in float64. */
export const squaredNorm = (tensors: Iterable<Float32Array>): number => {
  let total = 0;
  for (const data of tensors) for (const x of data) total += x * x;
  return total;
};

/** Requires equal gradients up to `tolerance` times the largest entry of each tensor (or a thousandth of the largest of all). */
export function requireSameGradient(
  what: string,
  actual: ReadonlyMap<string, Float32Array>,
  expected: ReadonlyMap<string, Float32Array>,
  tolerance: number,
): void {
  const largest = (data: Float32Array): number => data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const floor = 1e-3 * Math.max(...[...expected.values()].map(largest));
  requireThat([...actual.keys()].sort().join() === [...expected.keys()].sort().join(), `${what}: other tensors`, [
    ...actual.keys(),
  ]);
  for (const [name, data] of expected) {
    const allowed = tolerance * Math.max(floor, largest(data)),
      other = actual.get(name)!;
    requireThat(other.length === data.length, `${what}: ${name} has ${other.length} entries instead of ${data.length}`);
    const bad = data.findIndex((x, i) => !(Math.abs(x - other[i]!) <= allowed));
    requireThat(bad < 0, `${what}: ${name}[${bad}] is ${other[bad]} instead of ${data[bad]} (allowed ${allowed})`);
  }
}

/** Requires that `action` fails with this code. */
export async function requireCode(what: string, code: ErrorCode, action: () => Promise<unknown>): Promise<void> {
  let error: unknown;
  await action().catch((thrown: unknown) => {
    error = thrown;
  });
  requireThat(
    isOrzError(error) && error.code === code,
    `${what}: ${error instanceof Error ? error.message : 'no error'} instead of ${code}`,
  );
}
