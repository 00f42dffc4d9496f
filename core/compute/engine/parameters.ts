import { OrzError } from '../../errors.js';
import type { Backend, DeviceBuffer } from '../../contracts/backend.js';
import type { NamedTensor } from '../../contracts/model.js';
import type { WeightVersion } from '../../contracts/data.js';
import type { ParameterSpec } from '../nn/parameters.js';
import { sameShape, sizeOf } from '../tensor/types.js';

/** The parameters of one model on the device, with their gradient accumulators and optimizer state. Owns all its buffers. */
export class Parameters {
  version: WeightVersion = 0;
  optimizerStep = 0;
  private readonly values = new Map<string, DeviceBuffer>();
  private gradients?: Map<string, DeviceBuffer>;
  private readonly state = new Map<string, DeviceBuffer>();

  private constructor(
    private readonly backend: Backend,
    readonly specs: readonly ParameterSpec[],
    private readonly stateNames: readonly string[],
  ) {}

  /** All specs must be covered by `tensors`, each once and in shape; `fallback` supplies those the source does not have. */
  static async load(
    backend: Backend,
    specs: readonly ParameterSpec[],
    stateNames: readonly string[],
    tensors: AsyncIterable<NamedTensor> | Iterable<NamedTensor>,
    fallback?: (spec: ParameterSpec, index: number) => Float32Array | undefined,
  ): Promise<Parameters> {
    const parameters = new Parameters(backend, specs, stateNames);
    try {
      await parameters.importValues(tensors, fallback);
    } catch (error) {
      parameters.dispose();
      throw error;
    }
    return parameters;
  }

  get count(): number {
    return this.specs.reduce((n, s) => n + sizeOf(s.shape), 0);
  }

  value(name: string): DeviceBuffer {
    return present(this.values, name);
  }

  replace(name: string, buffer: DeviceBuffer): void {
    this.values.set(name, buffer);
  }

  /** Gradient accumulators, zero when first asked for after a step. */
  gradient(name: string): DeviceBuffer {
    this.gradients ??= new Map(this.specs.map((s) => [s.name, this.backend.create(s.shape, 'f32')]));
    return present(this.gradients, name);
  }

  replaceGradient(name: string, buffer: DeviceBuffer): void {
    this.gradients!.set(name, buffer);
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
    if (!buffer) this.state.set(key, (buffer = this.backend.create(spec.shape, 'f32')));
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

  async *exportValues(): AsyncIterable<NamedTensor> {
    for (const spec of this.specs)
      yield {
        name: spec.name,
        shape: spec.shape,
        data: (await this.backend.read(this.value(spec.name))) as Float32Array,
      };
  }

  async importValues(
    tensors: AsyncIterable<NamedTensor> | Iterable<NamedTensor>,
    fallback?: (spec: ParameterSpec, index: number) => Float32Array | undefined,
  ): Promise<void> {
    const open = new Map(this.specs.map((s) => [s.name, s]));
    // First, because an import that fails half-way leaves other weights than those the sampler knows.
    this.version++;
    for await (const t of tensors) {
      const spec = open.get(t.name);
      if (!spec) {
        if (fallback) continue;
        throw new OrzError('ORZ_WEIGHTS', `the weight "${t.name}" is not part of this model, or came twice`, {
          value: t.name,
          allowed: [...open.keys()].slice(0, 12),
        });
      }
      if (!sameShape(spec.shape, t.shape))
        throw new OrzError('ORZ_WEIGHTS', `the weight "${t.name}" has shape [${t.shape.join(', ')}]`, {
          allowed: `[${spec.shape.join(', ')}]`,
        });
      requireFiniteTensor('the weight', t);
      this.store(spec, t.data);
      open.delete(t.name);
    }
    for (const spec of open.values()) {
      const data = fallback?.(spec, this.specs.indexOf(spec));
      if (!data)
        throw new OrzError('ORZ_WEIGHTS', `the weight "${spec.name}" is missing`, {
          allowed: `shape [${spec.shape.join(', ')}]`,
        });
      this.store(spec, data);
    }
  }

  /** What {@link exportState} gives, in its order. */
  get stateShapes(): { readonly name: string; readonly shape: readonly number[] }[] {
    return [
      ...this.stateNames.flatMap((kind) => this.specs.map(({ name, shape }) => ({ name: `${kind}/${name}`, shape }))),
      { name: 'step', shape: [1] },
    ];
  }

  async *exportState(): AsyncIterable<NamedTensor> {
    for (const kind of this.stateNames) {
      for (const spec of this.specs)
        yield {
          name: `${kind}/${spec.name}`,
          shape: spec.shape,
          data: (await this.backend.read(this.stateOf(kind, spec))) as Float32Array,
        };
    }
    yield { name: 'step', shape: [1], data: Float32Array.of(this.optimizerStep) };
  }

  /** Takes what {@link exportState} gave, in any order, each tensor once. */
  async importState(tensors: AsyncIterable<NamedTensor> | Iterable<NamedTensor>): Promise<void> {
    const open = new Map(
      this.stateNames.flatMap((kind) => this.specs.map((spec) => [`${kind}/${spec.name}`, { kind, spec }])),
    );
    let step: number | undefined;
    for await (const t of tensors) {
      requireFiniteTensor('the optimizer state', t);
      if (t.name === 'step') {
        step = t.data[0];
        continue;
      }
      const target = open.get(t.name);
      if (!target || !sameShape(target.spec.shape, t.shape))
        throw new OrzError(
          'ORZ_CHECKPOINT',
          `optimizer state "${t.name}" of shape [${t.shape.join(', ')}] does not fit this model, or came twice`,
          { allowed: [...open.keys()].slice(0, 12) },
        );
      this.backend.write(this.stateOf(target.kind, target.spec), t.data);
      open.delete(t.name);
    }
    const missing = step === undefined ? 'step' : [...open.keys()][0];
    if (missing !== undefined)
      throw new OrzError('ORZ_CHECKPOINT', `optimizer state "${missing}" is missing`, {
        remedy: 'the checkpoint is incomplete, or was made with another optimizer',
      });
    this.optimizerStep = step!;
  }

  dispose(): void {
    this.clearGradients();
    this.resetOptimizer();
    this.values.forEach((b) => this.free(b));
    this.values.clear();
  }

  /** A program that failed may have consumed a donated buffer without giving back a successor. */
  private free(buffer: DeviceBuffer): void {
    if (buffer.alive) this.backend.release(buffer);
  }

  private store(spec: ParameterSpec, data: Float32Array): void {
    const old = this.values.get(spec.name);
    if (old) this.backend.write(old, data);
    else this.values.set(spec.name, this.backend.create(spec.shape, 'f32', data));
  }
}

function requireFiniteTensor(what: string, { name, data }: NamedTensor): void {
  let bad = 0;
  // A loop, because a callback for each of 500 million numbers takes seconds.
  while (bad < data.length && data[bad]! - data[bad]! === 0) bad++;
  if (bad < data.length)
    throw new OrzError('ORZ_NOT_FINITE', `${what} "${name}" holds ${data[bad]} at element ${bad}`, {
      value: String(data[bad]),
      origin: name,
      remedy: 'the checkpoint is damaged; load another',
    });
}

function present(map: ReadonlyMap<string, DeviceBuffer>, name: string): DeviceBuffer {
  const buffer = map.get(name);
  if (!buffer) throw new OrzError('ORZ_INTERNAL', `no parameter "${name}"`, { allowed: [...map.keys()].slice(0, 12) });
  return buffer;
}
