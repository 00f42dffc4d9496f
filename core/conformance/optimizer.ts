import type { Backend } from '../contracts/backend.js';
import type { Optimizer } from '../contracts/optimizer.js';
import { elementAt, zip } from '../arrays.js';
import type { Graph, Tensor } from '../compute/tensor/graph.js';
import { createRandom } from '../random.js';
import { requireClose, requireDefined, requirePlainSettings, requireThat, type ConformanceCheck } from './check.js';
import { compileForHost } from './run-graph.js';

/** A small matrix, since an optimizer may treat matrices specially. */
const shape = [3, 4] as const;
const size = 12;

export interface OptimizerStep {
  readonly parameter: Float32Array;
  readonly gradient: Float32Array;
  /** Missing entries are zero, as before the first step. */
  readonly state?: Readonly<Record<string, Float32Array>>;
  readonly learningRate: number;
  /** From 1. */
  readonly step: number;
  readonly gradientScale?: number;
}

export interface OptimizerStepResult {
  readonly parameter: Float32Array;
  readonly state: Readonly<Record<string, Float32Array>>;
}

/** One optimizer step of one parameter on a backend, with host arrays of the given shape. */
export async function runOptimizerStep(
  backend: Backend,
  optimizer: Optimizer,
  parameterShape: readonly number[],
  input: OptimizerStep,
): Promise<OptimizerStepResult> {
  const program = await compileForHost(backend, `conformance of ${optimizer.name}`, (g) =>
    buildStep(g, optimizer, parameterShape),
  );
  const zeros = new Float32Array(input.parameter.length);
  const outputs = await program.run({
    parameter: input.parameter,
    gradient: input.gradient,
    learningRate: Float32Array.of(input.learningRate),
    step: Float32Array.of(input.step),
    gradientScale: Float32Array.of(input.gradientScale ?? 1),
    ...Object.fromEntries(optimizer.state.map((name) => [`state/${name}`, input.state?.[name] ?? zeros])),
  });
  await program.release();
  const output = (name: string): Float32Array => requireDefined(name, outputs[name]);
  return {
    parameter: output('parameter'),
    state: Object.fromEntries(optimizer.state.map((name) => [name, output(`next/${name}`)])),
  };
}

/** The graph of one step: the next parameter and, as `next/<name>`, the next state. */
function buildStep(g: Graph, optimizer: Optimizer, parameterShape: readonly number[]): Record<string, Tensor> {
  const state = Object.fromEntries(optimizer.state.map((name) => [name, g.input(`state/${name}`, parameterShape)]));
  const next = optimizer.build(g, {
    parameter: g.input('parameter', parameterShape),
    gradient: g.input('gradient', parameterShape),
    state,
    learningRate: g.input('learningRate', []),
    step: g.input('step', []),
    gradientScale: g.input('gradientScale', []),
  });
  const returned = Object.keys(next.state).sort().join();
  const declared = [...optimizer.state].sort().join();
  requireThat(returned === declared, `returns the state [${returned}] instead of [${declared}]`);
  return {
    parameter: next.parameter,
    ...Object.fromEntries(Object.entries(next.state).map(([name, t]) => [`next/${name}`, t])),
  };
}

export interface OptimizerConformanceOptions {
  readonly create: () => Optimizer;
  /** A backend is made for each check and disposed after it. */
  readonly createBackend: () => Promise<Backend>;
}

/** Executes one step of the optimizer under test on the example shape. */
type Step = (input: OptimizerStep) => Promise<OptimizerStepResult>;

/** Properties of an {@link Optimizer}, on a parameter of shape [3, 4]. */
export function optimizerConformance({ create, createBackend }: OptimizerConformanceOptions): ConformanceCheck[] {
  const check = (title: string, body: (step: Step) => Promise<void>): ConformanceCheck => ({
    title,
    run: async () => {
      const backend = await createBackend();
      try {
        await body((input) => runOptimizerStep(backend, create(), shape, input));
      } finally {
        await backend.dispose();
      }
    },
  });
  return [
    { title: 'has a name, plain settings and distinct state names', run: async () => checkDescription(create()) },
    check('keeps the shape of the parameter and its state, finite over several steps', checkSeveralSteps),
    check('moves against the gradient at the first step', checkDirection),
    check('with learning rate zero the parameter stays as it is, bit for bit', checkZeroRate),
    check('multiplies the gradient by the scale first', checkGradientScale),
  ];
}

const { uniform } = createRandom(1).stream('optimizer-conformance');
const random = (key: number): Float32Array => Float32Array.from({ length: size }, (_, i) => 2 * uniform(key, i) - 1);
const parameter = random(0);
const gradient = random(1);

function checkDescription({ name, settings, state }: Optimizer): void {
  requireThat(name.length > 0, 'the optimizer has no name');
  requirePlainSettings(settings);
  requireThat(new Set(state).size === state.length, 'two state tensors have one name', state);
}

async function checkSeveralSteps(step: Step): Promise<void> {
  let current: OptimizerStepResult = { parameter, state: {} };
  for (let s = 1; s <= 3; s++) {
    current = await step({ ...current, gradient: random(s + 1), learningRate: 0.1, step: s });
    for (const [name, x] of Object.entries({ parameter: current.parameter, ...current.state })) {
      requireThat(
        x.length === size && x.every(Number.isFinite),
        `${name} after step ${s} has ${x.length} entries or is not finite`,
        [...x].map(String),
      );
    }
  }
}

async function checkDirection(step: Step): Promise<void> {
  const next = await step({ parameter, gradient, learningRate: 0.01, step: 1 });
  let change = 0;
  for (const [before, after, i] of zip(parameter, next.parameter)) change += (after - before) * elementAt(gradient, i);
  requireThat(change < 0, 'the first step does not reduce a linear loss', change);
}

async function checkZeroRate(step: Step): Promise<void> {
  const next = await step({ parameter, gradient, learningRate: 0, step: 1 });
  requireClose('parameter', next.parameter, parameter, 0);
}

async function checkGradientScale(step: Step): Promise<void> {
  const scaled = await step({ parameter, gradient, learningRate: 0.1, step: 1, gradientScale: 0.25 });
  const direct = await step({ parameter, gradient: gradient.map((x) => x / 4), learningRate: 0.1, step: 1 });
  requireClose('parameter', scaled.parameter, direct.parameter, 1e-6);
  for (const [name, state] of Object.entries(direct.state)) requireClose(name, scaled.state[name] ?? [], state, 1e-6);
}
