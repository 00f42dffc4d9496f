import { OrzError } from '../../errors.js';
import type { Backend, DeviceBuffer } from '../../contracts/backend.js';
import type { StepOptions } from '../../contracts/model.js';
import type { Optimizer } from '../../contracts/optimizer.js';
import type { ParameterSpec } from '../nn/parameters.js';
import { Graph } from '../tensor/graph.js';
import { sumSquares } from '../tensor/ops.js';
import type { Parameters } from './parameters.js';
import { run, take, type ProgramCache } from './programs.js';

/** Clips by global norm and applies the optimizer to every parameter; returns the norm before clipping. */
export async function optimizerStep(
  backend: Backend,
  programs: ProgramCache,
  parameters: Parameters,
  optimizer: Optimizer,
  options: StepOptions,
): Promise<number> {
  if (!parameters.hasGradients) throw new OrzError('ORZ_INTERNAL', 'step() before any gradient was accumulated');
  const norm = await gradientNorm(backend, programs, parameters).catch((error: unknown) => {
    parameters.clearGradients();
    throw error;
  });
  parameters.optimizerStep++;
  const scalar = (value: number): DeviceBuffer => backend.create([], 'f32', Float32Array.of(value));
  const shared: Record<string, DeviceBuffer> = {
    learningRate: scalar(options.learningRate),
    step: scalar(parameters.optimizerStep),
    // As torch.nn.utils.clip_grad_norm_: a hair below the limit, so that a norm of exactly the limit is not divided by itself.
    gradientScale: scalar(Math.min(1, options.maxGradNorm / (norm + 1e-6))),
  };
  for (const spec of parameters.specs) await updateOne(backend, programs, parameters, optimizer, spec, shared);
  for (const buffer of Object.values(shared)) backend.release(buffer);
  parameters.clearGradients();
  parameters.version++;
  return norm;
}

async function updateOne(
  backend: Backend,
  programs: ProgramCache,
  parameters: Parameters,
  optimizer: Optimizer,
  spec: ParameterSpec,
  shared: Record<string, DeviceBuffer>,
): Promise<void> {
  const key = `${optimizer.name} ${JSON.stringify(optimizer.settings)} [${spec.shape.join()}]`;
  const program = await programs.get(key, () => updateGraph(key, optimizer, spec), ['parameter', 'state/']);
  const outputs = await run(backend, program, (name) =>
    name === 'parameter'
      ? parameters.value(spec.name)
      : name === 'gradient'
        ? parameters.gradient(spec.name)
        : name.startsWith('state/')
          ? parameters.stateOf(name.slice('state/'.length), spec)
          : shared[name]!,
  );
  parameters.replace(spec.name, outputs['parameter']!);
  for (const kind of optimizer.state) parameters.replaceState(kind, spec.name, outputs[`state/${kind}`]!);
}

function updateGraph(key: string, optimizer: Optimizer, spec: ParameterSpec): Graph {
  const g = new Graph(key);
  const updated = optimizer.build(g, {
    parameter: g.input('parameter', spec.shape),
    gradient: g.input('gradient', spec.shape),
    state: Object.fromEntries(optimizer.state.map((kind) => [kind, g.input(`state/${kind}`, spec.shape)])),
    learningRate: g.input('learningRate', []),
    step: g.input('step', []),
    gradientScale: g.input('gradientScale', []),
  });
  g.output('parameter', updated.parameter);
  for (const kind of optimizer.state) g.output(`state/${kind}`, updated.state[kind]!);
  return g;
}

/** Global L2 norm, summed in float64 on the host; names the first tensor that is not finite. */
async function gradientNorm(backend: Backend, programs: ProgramCache, parameters: Parameters): Promise<number> {
  const key = `gradient norm ${parameters.specs.map((s) => s.shape.join('x')).join()}`;
  const program = await programs.get(key, () => {
    const g = new Graph('gradient norm');
    parameters.specs.forEach((s) => g.output(s.name, sumSquares(g.input(s.name, s.shape))));
    return g;
  });
  const outputs = await run(backend, program, (name) => parameters.gradient(name));
  // All at once: a device that is far away answers them together.
  const squares = await Promise.all(parameters.specs.map(({ name }) => take(backend, outputs[name])));
  let total = 0;
  let bad: { readonly tensor: string; readonly square: number } | undefined;
  for (const [i, spec] of parameters.specs.entries()) {
    const square = squares[i]![0]!;
    if (!Number.isFinite(square)) bad ??= { tensor: spec.name, square };
    total += square;
  }
  if (bad !== undefined) {
    throw new OrzError(
      'ORZ_NOT_FINITE',
      `the gradient of ${bad.tensor} is not finite (Σ g² = ${bad.square}); no parameter was changed`,
      {
        value: bad.square,
        origin: 'optimizer step',
        location: { tensor: bad.tensor },
        remedy: 'lower the learning rate, or look at the last batch',
      },
    );
  }
  return Math.sqrt(total);
}
