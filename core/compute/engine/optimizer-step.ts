import { elementAt, zip } from '../../arrays.js';
import type { Backend, DeviceBuffer } from '../../contracts/backend.js';
import type { StepOptions } from '../../contracts/model.js';
import type { Optimizer } from '../../contracts/optimizer.js';
import type { RandomStream } from '../../random.js';
import type { ParameterSpec, StoredDType } from '../nn/parameters.js';
import { Graph, type Tensor } from '../tensor/graph.js';
import { roundingKeySize } from '../tensor/bf16.js';
import { sumSquares, toBf16 } from '../tensor/ops.js';
import { gradientNotFinite, noGradients, notFound } from './errors.js';
import type { Parameters } from './parameters.js';
import { execute, outputOf, takeScalar, type Feed, type HostValues, type ProgramCache } from './programs.js';
import { storedInput } from './stored-weights.js';

export interface OptimizerStepParts {
  readonly backend: Backend;
  readonly programs: ProgramCache;
  readonly parameters: Parameters;
  readonly optimizer: Optimizer;
  /** Rounds what is stored in bf16. */
  readonly rounding: RandomStream;
}

const statePrefix = 'state/';
const roundingPrefix = 'rounding/';

/** Clips by global norm and applies the optimizer to what is trained; returns the norm before clipping. */
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
  for (const [index, spec] of parameters.specs.entries())
    if (spec.trainable) await updateParameter(parts, spec, { index, scalars });
  for (const buffer of scalars.values()) backend.release(buffer);
  parameters.clearGradients();
  parameters.version++;
  return norm;
}

interface UpdateInputs {
  /** Of the parameter in its model. */
  readonly index: number;
  readonly scalars: ReadonlyMap<string, DeviceBuffer>;
}

async function updateParameter(
  parts: OptimizerStepParts,
  spec: ParameterSpec,
  { index, scalars }: UpdateInputs,
): Promise<void> {
  const { backend, programs, parameters, optimizer } = parts;
  const { dtype } = parameters.stateLayout;
  const stored = `[${spec.shape.join()}] ${spec.dtype}, state ${dtype}`;
  const key = `${optimizer.name} ${JSON.stringify(optimizer.settings)} ${stored}`;
  const program = await programs.get(key, () => updateGraph(key, optimizer, spec, dtype), ['parameter', statePrefix]);
  const feed = (name: string): Feed => {
    if (name === 'parameter') return parameters.value(spec.name);
    if (name.startsWith(roundingPrefix)) return roundingKey(parts, index, name.slice(roundingPrefix.length));
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

/**
 * Names the random bits that round one tensor in one step: every tensor has its own, whatever else is rounded, and a
 * resumed run draws the same.
 */
function roundingKey({ rounding, parameters, optimizer }: OptimizerStepParts, index: number, kind: string): HostValues {
  const tensor = index * (optimizer.state.length + 1) + optimizer.state.indexOf(kind) + 1;
  return { data: Int32Array.of(...rounding.key, parameters.optimizerStep, tensor), shape: [roundingKeySize] };
}

/** One step. Numbers stored in bf16 are read as f32, and rounded stochastically when they are stored again. */
function updateGraph(key: string, optimizer: Optimizer, spec: ParameterSpec, stateDType: StoredDType): Graph {
  const g = new Graph(key);
  const updated = optimizer.build(g, {
    parameter: storedInput(g, 'parameter', spec.shape, spec.dtype),
    gradient: g.input('gradient', spec.shape),
    state: Object.fromEntries(
      optimizer.state.map((kind) => [kind, storedInput(g, statePrefix + kind, spec.shape, stateDType)]),
    ),
    learningRate: g.input('learningRate', []),
    step: g.input('step', []),
    gradientScale: g.input('gradientScale', []),
  });
  const store = (name: string, kind: string, x: Tensor, dtype: StoredDType): void =>
    g.output(name, dtype === 'bf16' ? toBf16(x, g.input(roundingPrefix + kind, [roundingKeySize], 'i32')) : x);
  store('parameter', 'parameter', updated.parameter, spec.dtype);
  for (const kind of optimizer.state) {
    const next = updated.state[kind];
    if (!next) throw notFound('Optimizer state', kind, Object.keys(updated.state));
    store(statePrefix + kind, kind, next, stateDType);
  }
  return g;
}

/** Global L2 norm, summed in float64 on the host; names the first tensor that is not finite. */
async function gradientNorm({ backend, programs, parameters }: OptimizerStepParts): Promise<number> {
  const { trained: specs } = parameters;
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
