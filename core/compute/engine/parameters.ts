import type { Backend, DeviceBuffer } from '../../contracts/backend.js';
import type { NamedTensor, StoredShape } from '../../contracts/model.js';
import type { WeightVersion } from '../../contracts/data.js';
import { countParameters, type ParameterSpec, type StoredDType } from '../nn/parameters.js';
import { sameShape } from '../tensor/types.js';
import {
  loadedNotFinite,
  missingState,
  missingWeight,
  noGradients,
  notFound,
  unexpectedState,
  unexpectedWeight,
  weightShape,
} from './errors.js';
import { asFloats } from './programs.js';

export type NamedTensors = AsyncIterable<NamedTensor> | Iterable<NamedTensor>;

/** Values of a parameter that the tensors given do not contain; undefined if there are none either. */
export type WeightFallback = (spec: ParameterSpec, index: number) => Float32Array | undefined;

/** Looks up the value of a parameter that is kept elsewhere; its owner outlives the borrower. */
export type BorrowedValue = (name: string) => DeviceBuffer;

/** What a model's parameters are, and which state its optimizer keeps of those it trains; absent: none. */
export interface ParameterLayout {
  readonly specs: readonly ParameterSpec[];
  readonly state?: StateLayout;
}

/** Names, for example `m` and `v`, and how their numbers are stored. */
export interface StateLayout {
  readonly names: readonly string[];
  readonly dtype: StoredDType;
}

/**
 * The parameters of one model on the device; those that are trained with gradient accumulators and optimizer state.
 * Owns all its buffers but the values it borrows, which it never writes to.
 */
export class Parameters {
  version: WeightVersion = 0;
  optimizerStep = 0;
  readonly specs: readonly ParameterSpec[];
  /** Those that the optimizer changes. */
  readonly trained: readonly ParameterSpec[];
  readonly stateLayout: StateLayout;
  private readonly values = new Map<string, DeviceBuffer>();
  private gradients?: Map<string, DeviceBuffer>;
  private readonly state = new Map<string, DeviceBuffer>();

  /** Values that are not imported are borrowed. */
  constructor(
    private readonly backend: Backend,
    layout: ParameterLayout,
    private readonly borrowed?: BorrowedValue,
  ) {
    this.specs = layout.specs;
    this.trained = layout.specs.filter(({ trainable }) => trainable);
    this.stateLayout = layout.state ?? { names: [], dtype: 'f32' };
  }

  /** New parameters with the values of {@link importValues}. */
  static async load(
    backend: Backend,
    layout: ParameterLayout,
    tensors: NamedTensors,
    fallback?: WeightFallback,
  ): Promise<Parameters> {
    const parameters = new Parameters(backend, layout);
    try {
      await parameters.importValues(tensors, fallback);
    } catch (error) {
      parameters.dispose();
      throw error;
    }
    return parameters;
  }

  get count(): number {
    return countParameters(this.specs);
  }

  value(name: string): DeviceBuffer {
    return this.values.get(name) ?? this.borrowed?.(name) ?? named(this.values, name);
  }

  /** Takes over a buffer as the value of a parameter, and releases its own old one if that still lives. */
  replace(name: string, buffer: DeviceBuffer): void {
    const old = this.values.get(name);
    if (old) this.free(old);
    this.values.set(name, buffer);
  }

  /** Gradient accumulators, zero when first asked for after a step. */
  gradient(name: string): DeviceBuffer {
    this.gradients ??= new Map(this.trained.map((s) => [s.name, this.backend.create(s.shape, 'f32')]));
    return named(this.gradients, name);
  }

  replaceGradient(name: string, buffer: DeviceBuffer): void {
    if (!this.gradients) throw noGradients();
    const old = this.gradients.get(name);
    if (old) this.free(old);
    this.gradients.set(name, buffer);
  }

  /** Hands an accumulator over to the caller; a parameter has none then until the next step. */
  takeGradient(name: string): DeviceBuffer {
    const buffer = this.gradient(name);
    this.gradients?.delete(name);
    return buffer;
  }

  get hasGradients(): boolean {
    return this.gradients !== undefined;
  }

  clearGradients(): void {
    this.gradients?.forEach((b) => this.free(b));
    delete this.gradients;
  }

  /** Optimizer state, zero when first asked for. */
  stateOf(kind: string, spec: ParameterSpec): DeviceBuffer {
    const key = `${kind}/${spec.name}`;
    let buffer = this.state.get(key);
    if (!buffer) this.state.set(key, (buffer = this.backend.create(spec.shape, this.stateLayout.dtype)));
    return buffer;
  }

  replaceState(kind: string, name: string, buffer: DeviceBuffer): void {
    this.state.set(`${kind}/${name}`, buffer);
  }

  resetOptimizer(): void {
    this.state.forEach((b) => this.free(b));
    this.state.clear();
    this.optimizerStep = 0;
  }

  async *exportValues(specs = this.specs): AsyncIterable<NamedTensor> {
    for (const { name, shape } of specs) yield { name, shape, data: await this.read(this.value(name)) };
  }

  /**
   * Takes over `tensors`, which must have every spec once and in shape, in any order. With `fallback` other tensors are
   * ignored, and it supplies the missing ones.
   */
  async importValues(tensors: NamedTensors, fallback?: WeightFallback): Promise<void> {
    const open = new Map(this.specs.map((s) => [s.name, s]));
    // First, because an import that fails half-way leaves other weights than those the sampler knows.
    this.version++;
    for await (const t of tensors) {
      const spec = open.get(t.name);
      if (!spec && fallback) continue;
      if (!spec) throw unexpectedWeight(t.name, open.keys());
      if (!sameShape(spec.shape, t.shape)) throw weightShape(t.name, t.shape, spec.shape);
      requireFinite('The weight', t);
      this.store(spec, t.data);
      open.delete(t.name);
    }
    for (const spec of open.values()) {
      const data = fallback?.(spec, this.specs.indexOf(spec));
      if (!data) throw missingWeight(spec.name, spec.shape);
      this.store(spec, data);
    }
  }

  /** What {@link exportState} gives, in its order. */
  get stateShapes(): StoredShape[] {
    const { names, dtype } = this.stateLayout;
    return [
      ...names.flatMap((kind) => this.trained.map(({ name, shape }) => ({ name: `${kind}/${name}`, shape, dtype }))),
      { name: 'step', shape: [1], dtype: 'f32' },
    ];
  }

  async *exportState(): AsyncIterable<NamedTensor> {
    for (const kind of this.stateLayout.names) {
      for (const spec of this.trained) {
        const data = await this.read(this.stateOf(kind, spec));
        yield { name: `${kind}/${spec.name}`, shape: spec.shape, data };
      }
    }
    yield { name: 'step', shape: [1], data: Float32Array.of(this.optimizerStep) };
  }

  /** Takes what {@link exportState} gave, in any order, each tensor once. */
  async importState(tensors: NamedTensors): Promise<void> {
    const open = new Map(
      this.stateLayout.names.flatMap((kind) => this.trained.map((spec) => [`${kind}/${spec.name}`, { kind, spec }])),
    );
    let step: number | undefined;
    for await (const t of tensors) {
      requireFinite('The optimizer state', t);
      if (t.name === 'step') {
        step = t.data[0];
        continue;
      }
      const target = open.get(t.name);
      if (!target || !sameShape(target.spec.shape, t.shape)) throw unexpectedState(t.name, t.shape, open.keys());
      this.backend.write(this.stateOf(target.kind, target.spec), t.data);
      open.delete(t.name);
    }
    if (step === undefined) throw missingState('step');
    const [missing] = open.keys();
    if (missing !== undefined) throw missingState(missing);
    this.optimizerStep = step;
  }

  dispose(): void {
    this.clearGradients();
    this.resetOptimizer();
    this.values.forEach((b) => this.free(b));
    this.values.clear();
  }

  private async read(buffer: DeviceBuffer): Promise<Float32Array> {
    return asFloats(await this.backend.read(buffer));
  }

  /** A program that failed may have consumed a donated buffer without giving back a successor. */
  private free(buffer: DeviceBuffer): void {
    if (buffer.alive) this.backend.release(buffer);
  }

  private store(spec: ParameterSpec, data: Float32Array): void {
    const old = this.values.get(spec.name);
    if (old) this.backend.write(old, data);
    else this.values.set(spec.name, this.backend.create(spec.shape, spec.dtype, data));
  }
}

function requireFinite(kind: string, tensor: NamedTensor): void {
  const { data } = tensor;
  let element = 0;
  // An indexed loop: a callback or an iterator for each of 500 million numbers takes seconds.
  // eslint-disable-next-line @typescript-eslint/no-non-null-assertion -- inner loop over a typed array
  while (element < data.length && data[element]! - data[element]! === 0) element++;
  if (element < data.length) throw loadedNotFinite(kind, tensor, element);
}

function named(buffers: ReadonlyMap<string, DeviceBuffer>, name: string): DeviceBuffer {
  const buffer = buffers.get(name);
  if (!buffer) throw notFound('Parameter', name, buffers.keys());
  return buffer;
}
