import { elementAt, zip } from '../../arrays.js';
import type { Backend, DeviceBuffer } from '../../contracts/backend.js';
import type { StepOptions } from '../../contracts/model.js';
import type { Optimizer } from '../../contracts/optimizer.js';
import type { ParameterSpec } from '../nn/parameters.js';
import { Graph } from '../tensor/graph.js';
import { sumSquares } from '../tensor/ops.js';
import { gradientNotFinite, noGradients, notFound } from './errors.js';
import type { Parameters } from './parameters.js';
import { execute, outputOf, takeScalar, type ProgramCache } from './programs.js';

export interface OptimizerStepParts {
  readonly backend: Backend;
  readonly programs: ProgramCache;
  readonly parameters: Parameters;
  readonly optimizer: Optimizer;
}

const statePrefix = 'state/';

/** Clips by global norm and applies the optimizer to every parameter; returns the norm before clipping. */
export async function optimizerStep(parts: OptimizerStepParts, options: StepOptions): Promise<number> {
  const { backend, parameters } = parts;
  if (!parameters.hasGradients) throw noGradients();
  const norm = await gradientNorm(parts).catch((error: unknown) => {
    parameters.clearGradients();
    throw error;
  });
  parameters.optimizerStep++;
  const scalar = (value: number): DeviceBuffer => backend.create([], 'f32', Float32Array.of(value));
  const scalars = new Map([
    ['learningRate', scalar(options.learningRate)],
    ['step', scalar(parameters.optimizerStep)],
    // As torch.nn.utils.clip_grad_norm_: a hair below the limit, so that a norm of exactly the limit is not divided by
    // itself.
    ['gradientScale', scalar(Math.min(1, options.maxGradNorm / (norm + 1e-6)))],
  ]);
  for (const spec of parameters.specs) await updateParameter(parts, spec, scalars);
  for (const buffer of scalars.values()) backend.release(buffer);
  parameters.clearGradients();
  parameters.version++;
  return norm;
}

async function updateParameter(
  { backend, programs, parameters, optimizer }: OptimizerStepParts,
  spec: ParameterSpec,
  scalars: ReadonlyMap<string, DeviceBuffer>,
): Promise<void> {
  const key = `${optimizer.name} ${JSON.stringify(optimizer.settings)} [${spec.shape.join()}]`;
  const program = await programs.get(key, () => updateGraph(key, optimizer, spec), ['parameter', statePrefix]);
  const feed = (name: string): DeviceBuffer => {
    if (name === 'parameter') return parameters.value(spec.name);
    if (name === 'gradient') return parameters.gradient(spec.name);
    if (name.startsWith(statePrefix)) return parameters.stateOf(name.slice(statePrefix.length), spec);
    const buffer = scalars.get(name);
    if (!buffer) throw notFound('Optimizer input', name, scalars.keys());
    return buffer;
  };
  const outputs = await execute(backend, program, feed);
  parameters.replace(spec.name, outputOf(outputs, 'parameter'));
  for (const kind of optimizer.state) parameters.replaceState(kind, spec.name, outputOf(outputs, statePrefix + kind));
}

function updateGraph(key: string, optimizer: Optimizer, spec: ParameterSpec): Graph {
  const g = new Graph(key);
  const updated = optimizer.build(g, {
    parameter: g.input('parameter', spec.shape),
    gradient: g.input('gradient', spec.shape),
    state: Object.fromEntries(optimizer.state.map((kind) => [kind, g.input(statePrefix + kind, spec.shape)])),
    learningRate: g.input('learningRate', []),
    step: g.input('step', []),
    gradientScale: g.input('gradientScale', []),
  });
  g.output('parameter', updated.parameter);
  for (const kind of optimizer.state) {
    const next = updated.state[kind];
    if (!next) throw notFound('Optimizer state', kind, Object.keys(updated.state));
    g.output(statePrefix + kind, next);
  }
  return g;
}

/** Global L2 norm, summed in float64 on the host; names the first tensor that is not finite. */
async function gradientNorm({ backend, programs, parameters }: OptimizerStepParts): Promise<number> {
  const { specs } = parameters;
  const key = `gradient norm ${specs.map((s) => s.shape.join('x')).join()}`;
  const program = await programs.get(key, () => {
    const g = new Graph('gradient norm');
    // By number: other parameters of the same shapes share the program.
    for (const [i, s] of specs.entries()) g.output(String(i), sumSquares(g.input(String(i), s.shape)));
    return g;
  });
  const outputs = await execute(backend, program, (i) => parameters.gradient(elementAt(specs, Number(i)).name));
  // All at once: a remote device answers them together.
  const squares = await Promise.all(specs.map((_, i) => takeScalar(backend, outputs, String(i))));
  for (const [spec, square] of zip(specs, squares))
    if (!Number.isFinite(square)) throw gradientNotFinite(spec.name, square);
  return Math.sqrt(squares.reduce((total, square) => total + square, 0));
}
