import type { Backend } from '../contracts/backend.js';
import type { Loss } from '../contracts/loss.js';
import { buildLoss } from '../compute/engine/loss-tensors.js';
import { Graph } from '../compute/tensor/graph.js';
import { requireClose, requireDefined, requirePlainSettings, requireThat, type ConformanceCheck } from './check.js';
import {
  compileLoss,
  exampleLossData,
  mapFields,
  scoreInputs,
  type LossData,
  type LossEvaluation,
  type LossField,
  type LossRunner,
  type TrainedField,
} from './compile-loss.js';

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
      const runnerFor = async ({ weights: { length } }: LossData): Promise<LossRunner> => {
        const runner = runners.get(length) ?? (await compileLoss(backend, create(), trains, length));
        runners.set(length, runner);
        return runner;
      };
      const evaluate = async (data: LossData): Promise<LossEvaluation> => (await runnerFor(data)).run(data);
      const near: Evaluate['near'] = async (data, origin) => (await runnerFor(data)).runStopped(data, origin);
      await body(Object.assign(evaluate, { near }));
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

/** Evaluates a loss on a micro-batch of any size; `near` a point, with what it stops the gradient of as it is there. */
interface Evaluate {
  (data: LossData): Promise<LossEvaluation>;
  readonly near: (data: LossData, origin: LossData) => Promise<number>;
}

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
  const part = (start: number, end: number): LossData => slice(data, start, end);
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
  const whole = await evaluate(slice(data, 0, 6));
  const junk: Partial<Record<LossField, readonly number[]>> = {
    logprobs: [-2000, 0, -2000, 0],
    oldLogprobs: [0, -2000, 0, -2000],
    refLogprobs: [0, -2000, 0, -2000],
    weights: [0, 0, 0, 0],
  };
  const joined = (field: LossField): Float32Array =>
    Float32Array.from([...data[field].slice(0, 6), ...(junk[field] ?? [1e3, -1e3, 1e3, -1e3])]);
  const sequence = Int32Array.of(...(data.sequence ?? []).slice(0, 6), 0, 0, 0, 0);
  const padded = await evaluate({ ...mapFields(joined), sequence });
  requireClose('loss with padding', [padded.loss], [whole.loss], tolerance);
  requireClose('gradient with padding', padded.gradient, [...whole.gradient, 0, 0, 0, 0], tolerance);
  requireSameMetrics('with padding', padded.metrics, whole.metrics);
}

/**
 * The gradient must lie between the one-sided difference quotients, which differ where the loss has a kink. What the
 * loss stops the gradient of stays as it is.
 */
async function checkGradient(evaluate: Evaluate, trains: TrainedField): Promise<void> {
  const data = exampleLossData();
  const at = await evaluate(data);
  const step = 2 ** -8; // exact in float32; small enough for curvature, large enough for rounding
  for (const [i, slope] of at.gradient.entries()) {
    const moved = async (by: number): Promise<number> =>
      evaluate.near({ ...data, [trains]: data[trains].map((x, j) => (j === i ? x + by : x)) }, data);
    const right = ((await moved(step)) - at.loss) / step;
    const left = (at.loss - (await moved(-step))) / step;
    const slack = (1e-3 * (1 + Math.abs(left) + Math.abs(right))) / 10 + 1e-4;
    const between = slope >= Math.min(left, right) - slack && slope <= Math.max(left, right) + slack;
    requireThat(between, `d loss / d ${trains}[${i}] is ${slope}, finite differences give ${left} and ${right}`);
  }
}

/** The tokens from `start` to `end`. */
const slice = (data: LossData, start: number, end: number): LossData => ({
  ...mapFields((field) => data[field].slice(start, end)),
  ...(data.sequence && { sequence: data.sequence.slice(start, end).map((s, _, part) => s - (part[0] ?? 0)) }),
});

function programText(loss: Loss, trained: TrainedField): string {
  const g = new Graph(loss.name);
  buildLoss(g, loss, scoreInputs(g, trained, 4), 4);
  const nodes = g.nodes.map(({ op, inputs, attributes, data }) => [
    op.name,
    inputs.map((t) => [t.node.id, t.index]),
    attributes,
    data && [...data],
  ]);
  return JSON.stringify([nodes, [...g.outputs].map(([name, t]) => [name, t.node.id])]);
}
