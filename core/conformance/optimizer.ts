import type { Backend } from '../contracts/backend.js';
import type { Optimizer } from '../contracts/optimizer.js';
import { createRandom } from '../random.js';
import { requireClose, requirePlainSettings, requireThat, type ConformanceCheck } from './check.js';
import { compileForHost } from './run-graph.js';

/** A small matrix, since an optimizer may treat matrices in its own way. */
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
  const program = await compileForHost(backend, `conformance of ${optimizer.name}`, (g) => {
    const state = Object.fromEntries(optimizer.state.map((name) => [name, g.input(`state/${name}`, parameterShape)]));
    const next = optimizer.build(g, {
      parameter: g.input('parameter', parameterShape),
      gradient: g.input('gradient', parameterShape),
      state,
      learningRate: g.input('learningRate', []),
      step: g.input('step', []),
      gradientScale: g.input('gradientScale', []),
    });
    const names = Object.keys(next.state).sort().join();
    requireThat(
      names === [...optimizer.state].sort().join(),
      `returns the state [${names}] instead of [${[...optimizer.state].sort().join()}]`,
    );
    return {
      parameter: next.parameter,
      ...Object.fromEntries(Object.entries(next.state).map(([name, t]) => [`next/${name}`, t])),
    };
  });
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
  return {
    parameter: outputs['parameter']!,
    state: Object.fromEntries(optimizer.state.map((name) => [name, outputs[`next/${name}`]!])),
  };
}

/** Properties of an {@link Optimizer}, on a parameter of shape [3, 4]. A backend is made for each check and disposed after it. */
export function optimizerConformance(options: {
  readonly create: () => Optimizer;
  readonly createBackend: () => Promise<Backend>;
}): ConformanceCheck[] {
  const { uniform } = createRandom(1).stream('optimizer-conformance');
  const random = (key: number): Float32Array => Float32Array.from({ length: size }, (_, i) => 2 * uniform(key, i) - 1);
  const [parameter, gradient] = [random(0), random(1)];
  const onBackend =
    (use: (step: (input: OptimizerStep) => Promise<OptimizerStepResult>) => Promise<void>) =>
    async (): Promise<void> => {
      const backend = await options.createBackend();
      try {
        await use((input) => runOptimizerStep(backend, options.create(), shape, input));
      } finally {
        await backend.dispose();
      }
    };
  return [
    {
      title: 'has a name, plain settings and distinct state names',
      run: async () => {
        const { name, settings, state } = options.create();
        requireThat(name.length > 0, 'the optimizer has no name');
        requirePlainSettings(settings);
        requireThat(new Set(state).size === state.length, 'two state tensors have one name', state);
      },
    },
    {
      title: 'keeps the shape of the parameter and its state, finite over several steps',
      run: onBackend(async (step) => {
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
      }),
    },
    {
      title: 'moves against the gradient at the first step',
      run: onBackend(async (step) => {
        const next = await step({ parameter, gradient, learningRate: 0.01, step: 1 });
        const slope = next.parameter.reduce((sum, x, i) => sum + (x - parameter[i]!) * gradient[i]!, 0);
        requireThat(slope < 0, 'the first step does not reduce a linear loss', slope);
      }),
    },
    {
      title: 'with learning rate zero the parameter stays as it is, to the bit',
      run: onBackend(async (step) =>
        requireClose(
          'parameter',
          (await step({ parameter, gradient, learningRate: 0, step: 1 })).parameter,
          parameter,
          0,
        ),
      ),
    },
    {
      title: 'multiplies the gradient by the scale first',
      run: onBackend(async (step) => {
        const scaled = await step({ parameter, gradient, learningRate: 0.1, step: 1, gradientScale: 0.25 });
        const direct = await step({ parameter, gradient: gradient.map((x) => x / 4), learningRate: 0.1, step: 1 });
        requireClose('parameter', scaled.parameter, direct.parameter, 1e-6);
        for (const name of Object.keys(direct.state))
          requireClose(name, scaled.state[name]!, direct.state[name]!, 1e-6);
      }),
    },
  ];
}
