import type { Backend } from '../contracts/backend.js';
import type { Loss, LossTensors } from '../contracts/loss.js';
import { createRandom } from '../random.js';
import { gradients } from '../compute/tensor/autodiff.js';
import { Graph, type Tensor } from '../compute/tensor/graph.js';
import { fullLike } from '../compute/tensor/ops.js';
import { requireClose, requireDefined, requirePlainSettings, requireThat, type ConformanceCheck } from './check.js';
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
type Field = (typeof fields)[number];
/** One micro-batch, [tokens] each. */
export type LossData = Readonly<Record<Field, Float32Array>>;

/** What only the other model computes; reading it is an error of the loss. */
const foreign: Readonly<Record<TrainedField, readonly Field[]>> = {
  logprobs: ['values'],
  values: ['logprobs', 'entropy'],
};

/** Ten ordinary tokens: positive weights, ratios around 1 on both sides of usual clip ranges, returns 0 and 1. */
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
function lossInputs(g: Graph, trained: TrainedField, tokens: number): LossTensors {
  const made = new Map<string, Tensor>();
  const read = (field: Field): Tensor => {
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

export interface LossConformanceOptions {
  readonly create: () => Loss;
  /** A backend to run on; it is made for each check and disposed after it. */
  readonly createBackend: () => Promise<Backend>;
  readonly trains: TrainedField;
}

/** Properties of a {@link Loss}: a weighted sum over tokens with the right gradient, so that accumulation is exact. */
export function lossConformance({ create, createBackend, trains }: LossConformanceOptions): ConformanceCheck[] {
  /** Executes `body` with a function that evaluates the loss on data of any size. */
  const onBackend = (body: (evaluate: Evaluate) => Promise<void>) => async (): Promise<void> => {
    const backend = await createBackend();
    const runners = new Map<number, LossRunner>();
    try {
      await body(async (data) => {
        const tokens = data.weights.length;
        const runner = runners.get(tokens) ?? (await compileLoss(backend, create(), trains, tokens));
        runners.set(tokens, runner);
        return runner.run(data);
      });
    } finally {
      await backend.dispose();
    }
  };
  return [
    {
      title: 'has a name and plain settings, and builds the same program each time',
      run: async () => {
        const loss = create();
        requireThat(loss.name.length > 0, 'the loss has no name');
        requirePlainSettings(loss.settings);
        requireThat(programText(loss, trains) === programText(create(), trains), 'two builds of the loss differ');
      },
    },
    {
      title: 'gives a finite loss, finite metrics and a finite gradient',
      run: onBackend((evaluate) => checkFinite(evaluate, trains)),
    },
    { title: 'is linear in the weights', run: onBackend(checkLinear) },
    { title: 'adds up over tokens, so that micro-batches change nothing', run: onBackend(checkAdditive) },
    { title: 'ignores tokens of weight zero, whatever they hold', run: onBackend(checkPadding) },
    {
      title: 'has the gradient that finite differences give',
      run: onBackend((evaluate) => checkGradient(evaluate, trains)),
    },
  ];
}

type Metrics = LossEvaluation['metrics'];

/** Evaluates a loss on a micro-batch of any size. */
type Evaluate = (data: LossData) => Promise<LossEvaluation>;

/** Tolerance of float32 sums over a few tokens. */
const tolerance = 1e-5;

async function checkFinite(evaluate: Evaluate, trains: TrainedField): Promise<void> {
  const { loss, metrics, gradient } = await evaluate(exampleLossData());
  for (const [name, x] of Object.entries({ loss, ...metrics })) requireThat(Number.isFinite(x), `${name} is ${x}`);
  for (const [i, x] of gradient.entries()) requireThat(Number.isFinite(x), `gradient[${i}] is ${x}`);
  requireThat(
    gradient.some((x) => x !== 0),
    `no gradient reaches ${trains}`,
  );
}

/** Requires every metric of `expected` in `actual`, with the same value. */
function requireSameMetrics(what: string, actual: Metrics, expected: Metrics): void {
  for (const [name, x] of Object.entries(expected))
    requireClose(`${name} ${what}`, [requireDefined(name, actual[name])], [x], tolerance);
}

const mapMetrics = (metrics: Metrics, f: (name: string, x: number) => number): Metrics =>
  Object.fromEntries(Object.entries(metrics).map(([name, x]) => [name, f(name, x)]));

async function checkLinear(evaluate: Evaluate): Promise<void> {
  const data = exampleLossData();
  const once = await evaluate(data);
  const thrice = await evaluate({ ...data, weights: data.weights.map((w) => 3 * w) });
  requireClose('loss with three times the weights', [thrice.loss], [3 * once.loss], tolerance);
  const tripled = once.gradient.map((x) => 3 * x);
  requireClose('gradient with three times the weights', thrice.gradient, tripled, tolerance);
  requireSameMetrics(
    'with three times the weights',
    thrice.metrics,
    mapMetrics(once.metrics, (_, x) => 3 * x),
  );
}

async function checkAdditive(evaluate: Evaluate): Promise<void> {
  const data = exampleLossData();
  const part = (start: number, end: number): LossData => mapFields((field) => data[field].slice(start, end));
  const whole = await evaluate(data);
  const parts = [await evaluate(part(0, 4)), await evaluate(part(4, 10))];
  const total = (of: (r: (typeof parts)[number]) => number): number => parts.reduce((sum, r) => sum + of(r), 0);
  requireClose('sum of the losses of two parts', [total((r) => r.loss)], [whole.loss], tolerance);
  requireClose(
    'gradients of two parts',
    parts.flatMap((r) => [...r.gradient]),
    whole.gradient,
    tolerance,
  );
  const sums = mapMetrics(whole.metrics, (name) => total((r) => requireDefined(name, r.metrics[name])));
  requireSameMetrics('summed over two parts', sums, whole.metrics);
}

/** Padding far worse than an engine leaves it: exp(2000) overflows float32 and float64, and 0 · ∞ is not a number. */
async function checkPadding(evaluate: Evaluate): Promise<void> {
  const data = exampleLossData();
  const whole = await evaluate(mapFields((field) => data[field].slice(0, 6)));
  const junk: Partial<Record<Field, readonly number[]>> = {
    logprobs: [-2000, 0, -2000, 0],
    oldLogprobs: [0, -2000, 0, -2000],
    refLogprobs: [0, -2000, 0, -2000],
    weights: [0, 0, 0, 0],
  };
  const padded = await evaluate(
    mapFields((field) => Float32Array.from([...data[field].slice(0, 6), ...(junk[field] ?? [1e3, -1e3, 1e3, -1e3])])),
  );
  requireClose('loss with padding', [padded.loss], [whole.loss], tolerance);
  requireClose('gradient with padding', padded.gradient, [...whole.gradient, 0, 0, 0, 0], tolerance);
  requireSameMetrics('with padding', padded.metrics, whole.metrics);
}

/** The gradient must lie between the one-sided difference quotients, which differ where the loss has a kink. */
async function checkGradient(evaluate: Evaluate, trains: TrainedField): Promise<void> {
  const data = exampleLossData();
  const at = await evaluate(data);
  const step = 2 ** -8; // exact in float32; small enough for curvature, large enough for rounding
  for (const [i, slope] of at.gradient.entries()) {
    const moved = async (by: number): Promise<number> =>
      (await evaluate({ ...data, [trains]: data[trains].map((x, j) => (j === i ? x + by : x)) })).loss;
    const right = ((await moved(step)) - at.loss) / step;
    const left = (at.loss - (await moved(-step))) / step;
    const slack = (1e-3 * (1 + Math.abs(left) + Math.abs(right))) / 10 + 1e-4;
    const between = slope >= Math.min(left, right) - slack && slope <= Math.max(left, right) + slack;
    requireThat(between, `d loss / d ${trains}[${i}] is ${slope}, finite differences give ${left} and ${right}`);
  }
}

const mapFields = (f: (field: Field) => Float32Array): LossData =>
  Object.fromEntries(fields.map((field) => [field, f(field)])) as LossData;

function programText(loss: Loss, trained: TrainedField): string {
  const g = new Graph(loss.name);
  const terms = loss.build(g, lossInputs(g, trained, 4));
  const nodes = g.nodes.map(({ op, inputs, attributes, data }) => [
    op.name,
    inputs.map((t) => [t.node.id, t.index]),
    attributes,
    data && [...data],
  ]);
  return JSON.stringify([
    nodes,
    terms.loss.node.id,
    Object.entries(terms.metrics ?? {}).map(([name, t]) => [name, t.node.id]),
  ]);
}
