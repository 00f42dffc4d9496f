import type { Backend } from '../../contracts/backend.js';
import type { NamedTensor, StepOptions, StoredShape } from '../../contracts/model.js';
import type { Optimizer } from '../../contracts/optimizer.js';
import type { RandomStream } from '../../random.js';
import {
  adaptersOf,
  mergedParameters,
  trainedParameters,
  trainedPrefix,
  type Adapter,
  type LoraSettings,
} from '../nn/lora.js';
import { initialValues, valueHeadName, type ParameterSpec } from '../nn/parameters.js';
import { noGradients } from './errors.js';
import { mergedWeight, projectedGradients } from './lora-programs.js';
import { optimizerStep } from './optimizer-step.js';
import { Parameters, type NamedTensors, type StateLayout, type WeightFallback } from './parameters.js';
import type { ProgramCache } from './programs.js';

export interface LoraParts {
  readonly backend: Backend;
  readonly programs: ProgramCache;
  /** What the optimizer keeps for each trained tensor. */
  readonly state: StateLayout;
  readonly lora: LoraSettings;
  /** All parameters of the model, as its base weights are stored. */
  readonly specs: readonly ParameterSpec[];
  /** The base weights, which several models may share and which outlive them: all parameters but a value head. */
  readonly base: Parameters;
  /** Draws the matrices A. */
  readonly stream: RandomStream;
  /** Rounds what the optimizer stores in bf16. */
  readonly rounding: RandomStream;
  /** Gives the first values of a value head. */
  readonly valueHead?: WeightFallback | undefined;
}

/**
 * What is trained of a model with adapters, in place of its parameters. The network runs on merged weights
 * W = W₀ + alpha/rank · B·A. A step of the optimizer turns the gradient of W into those of A and B, updates these, and
 * computes W anew from W₀: always a function of W₀, A and B alone, to the bit.
 *
 * The optimizer state begins with A, B and the value head; beside the base weights it is all there is to save.
 */
export class LoraAdapters {
  /** What the network reads: merged weights, and values of the base and of the value head in place. */
  readonly merged: Parameters;
  private readonly adapters: readonly Adapter[];
  /** Weights that took the place of the base's. */
  private ownBase?: Parameters;

  private constructor(
    private readonly parts: LoraParts,
    private readonly trained: Parameters,
  ) {
    const { backend, lora, specs } = parts;
    this.adapters = adaptersOf(specs, lora);
    this.merged = new Parameters(backend, { specs: mergedParameters(specs, lora) }, (name) =>
      name === valueHeadName ? trained.value(name) : this.base.value(name),
    );
  }

  /** Fresh adapters, with which the model is that of the base. */
  static async create(parts: LoraParts): Promise<LoraAdapters> {
    const { backend, lora, state, specs, valueHead } = parts;
    const layout = { specs: trainedParameters(specs, lora), state };
    const adapters = new LoraAdapters(parts, new Parameters(backend, layout));
    try {
      const indices = new Map(specs.map(({ name }, index) => [name, index]));
      await adapters.trained.importValues(adapters.fresh(), (spec) => valueHead?.(spec, indices.get(spec.name) ?? 0));
      await adapters.merge();
    } catch (error) {
      adapters.dispose();
      throw error;
    }
    return adapters;
  }

  private get base(): Parameters {
    return this.ownBase ?? this.parts.base;
  }

  /** As `optimizerStep` for all parameters; the norm is that of the trained tensors. */
  async step(optimizer: Optimizer, options: StepOptions): Promise<number> {
    const { merged, trained } = this;
    const { backend, programs, rounding } = this.parts;
    if (!merged.hasGradients) throw noGradients();
    try {
      await this.projectGradients();
    } catch (error) {
      trained.clearGradients();
      throw error;
    } finally {
      merged.clearGradients();
    }
    const norm = await optimizerStep({ backend, programs, optimizer, rounding, parameters: trained }, options);
    await this.merge();
    return norm;
  }

  get stateShapes(): StoredShape[] {
    const { specs, stateShapes } = this.trained;
    return [...specs.map(({ name, shape, dtype }) => ({ name: trainedPrefix + name, shape, dtype })), ...stateShapes];
  }

  async *exportState(): AsyncIterable<NamedTensor> {
    for await (const tensor of this.trained.exportValues()) yield { ...tensor, name: trainedPrefix + tensor.name };
    yield* this.trained.exportState();
  }

  /** Takes what {@link exportState} gave, in any order, each tensor once; the weights change with it. */
  async importState(tensors: NamedTensors): Promise<void> {
    const values: NamedTensor[] = [];
    await this.trained.importState(this.withoutValues(tensors, values));
    await this.trained.importValues(values);
    await this.merge();
  }

  /**
   * Merged weights as they are now, on the shared base; undefined if the model has base weights of its own. The caller
   * owns them.
   */
  async copyMerged(): Promise<Parameters | undefined> {
    const { backend, base } = this.parts;
    if (this.ownBase) return undefined;
    const copy = new Parameters(backend, { specs: this.merged.specs }, (name) => base.value(name));
    await this.mergeInto(copy);
    return copy;
  }

  resetOptimizer(): void {
    this.trained.resetOptimizer();
  }

  /** Makes `tensors` the base weights of this model alone, with fresh adapters on them. */
  async importValues(tensors: NamedTensors): Promise<void> {
    const { backend, specs } = this.parts;
    const base = await Parameters.load(backend, { specs }, tensors);
    this.ownBase?.dispose();
    this.ownBase = base;
    const head = specs.filter(({ name }) => name === valueHeadName);
    const values: NamedTensor[] = [];
    for await (const tensor of base.exportValues(head)) values.push(tensor);
    await this.trained.importValues([...this.fresh(), ...values]);
    await this.merge();
  }

  dispose(): void {
    this.merged.dispose();
    this.trained.dispose();
    this.ownBase?.dispose();
  }

  /** A as it is drawn, and B of zeros. */
  private *fresh(): Iterable<NamedTensor> {
    const { stream } = this.parts;
    for (const { a, b, index } of this.adapters)
      for (const spec of [a, b]) yield { name: spec.name, shape: spec.shape, data: initialValues(spec, stream, index) };
  }

  /** Puts the trained tensors aside, which are small, and passes the others on. */
  private async *withoutValues(tensors: NamedTensors, aside: NamedTensor[]): AsyncIterable<NamedTensor> {
    for await (const tensor of tensors) {
      if (!tensor.name.startsWith(trainedPrefix)) yield tensor;
      else aside.push({ ...tensor, name: tensor.name.slice(trainedPrefix.length), data: tensor.data.slice() });
    }
  }

  private async projectGradients(): Promise<void> {
    const { merged, trained } = this;
    for (const adapter of this.adapters) {
      const [a, b] = [adapter.a.name, adapter.b.name];
      const gradients = await projectedGradients(this.parts, adapter, {
        weight: merged.gradient(adapter.weight.name),
        a: trained.value(a),
        b: trained.value(b),
        'gradient/a': trained.gradient(a),
        'gradient/b': trained.gradient(b),
      });
      trained.replaceGradient(a, gradients.a);
      trained.replaceGradient(b, gradients.b);
    }
    for (const { name } of trained.specs)
      if (name === valueHeadName) trained.replaceGradient(name, merged.takeGradient(name));
  }

  private merge(): Promise<void> {
    this.merged.version++;
    return this.mergeInto(this.merged);
  }

  /** Gives `target` the weights that follow from the current A and B. */
  private async mergeInto(target: Parameters): Promise<void> {
    const { base, trained } = this;
    for (const adapter of this.adapters) {
      const { weight, a, b } = adapter;
      const inputs = { base: base.value(weight.name), a: trained.value(a.name), b: trained.value(b.name) };
      target.replace(weight.name, await mergedWeight(this.parts, adapter, inputs));
    }
  }
}
