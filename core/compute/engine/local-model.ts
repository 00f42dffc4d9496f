import { elementAt } from '../../arrays.js';
import type { Backend } from '../../contracts/backend.js';
import type { WeightVersion } from '../../contracts/data.js';
import type { Loss } from '../../contracts/loss.js';
import type {
  CallOptions,
  LossReport,
  Model,
  ModelRole,
  ModelTensors,
  NamedTensor,
  Sequence,
  StepOptions,
  StepReport,
  TokenScores,
  TrainingSequence,
} from '../../contracts/model.js';
import type { Optimizer } from '../../contracts/optimizer.js';
import type { RandomStream } from '../../random.js';
import type { DecoderConfig } from '../nn/config.js';
import { frozenModel, lossNotFinite, otherOptimizerState, tokenValueNotFinite } from './errors.js';
import type { LoraAdapters } from './lora-adapters.js';
import type { ForwardPass, LossInputs, Network, PackedScores } from './network.js';
import { optimizerStep } from './optimizer-step.js';
import {
  checkSequences,
  gatherResponseValues,
  pack,
  predictionIndices,
  scatterResponseValues,
  sequenceOfTokens,
  type MicroBatch,
  type PackingLimits,
} from './packing.js';
import type { NamedTensors, Parameters } from './parameters.js';
import type { ProgramCache } from './programs.js';

export interface LocalModelParts {
  readonly role: ModelRole;
  readonly config: DecoderConfig;
  readonly backend: Backend;
  readonly programs: ProgramCache;
  /** What the network reads; of the adapters, if there are any. */
  readonly parameters: Parameters;
  /** Trained in place of the parameters. */
  readonly adapters?: LoraAdapters | undefined;
  readonly network: Network;
  readonly optimizer: Optimizer;
  /** Rounds what a step stores in bf16. */
  readonly rounding: RandomStream;
  readonly limits: PackingLimits;
}

type PassOptions = CallOptions & { readonly temperature?: number };

/** A model whose arithmetic is done by a local backend. */
export class LocalModel implements Model {
  readonly role: ModelRole;
  readonly tensors: ModelTensors;

  constructor(private readonly parts: LocalModelParts) {
    this.role = parts.role;
    this.tensors = new LocalTensors(parts.parameters, parts.adapters ?? parts.parameters);
  }

  get version(): number {
    return this.parts.parameters.version;
  }
  get parameterCount(): number {
    return this.parts.parameters.count;
  }
  /** For the sampler on the same device, which reads the weights in place. */
  get parameters(): Parameters {
    return this.parts.parameters;
  }
  /** Absent if all parameters are trained. */
  get adapters(): LoraAdapters | undefined {
    return this.parts.adapters;
  }

  async forward(sequences: readonly Sequence[], options: PassOptions = {}): Promise<TokenScores[]> {
    const results: PackedScores[] = sequences.map(() => ({}));
    await this.eachPass(sequences, options, async (pass) => {
      const scores = await this.parts.network.forward(pass);
      for (const [name, packed] of Object.entries(scores) as [keyof PackedScores, Float32Array][]) {
        for (const [sequence, values] of gatherResponseValues(pass.batch, sequences, packed)) {
          this.checkFinite(name, sequence, values);
          elementAt(results, sequence)[name] = values;
        }
      }
    });
    return results;
  }

  async accumulate(sequences: readonly TrainingSequence[], loss: Loss, options: PassOptions = {}): Promise<LossReport> {
    try {
      return await this.accumulateAll(sequences, loss, options);
    } catch (error) {
      this.parts.parameters.clearGradients();
      throw error;
    }
  }

  private async accumulateAll(
    sequences: readonly TrainingSequence[],
    loss: Loss,
    options: PassOptions,
  ): Promise<LossReport> {
    let total = 0;
    const metrics: Record<string, number> = {};
    await this.eachPass(sequences, options, async (pass) => {
      const lossInputs = this.lossInputs(pass.batch, sequences);
      const sequence = sequenceOfTokens(pass.batch);
      const sums = await this.parts.network.accumulate({ ...pass, loss, lossInputs, sequence });
      if (!Number.isFinite(sums.loss)) {
        const packed = pass.batch.placements.map((p) => p.sequence);
        throw lossNotFinite(loss, this.role, sums.loss, packed);
      }
      total += sums.loss;
      for (const [name, value] of Object.entries(sums.metrics)) metrics[name] = (metrics[name] ?? 0) + value;
    });
    return { loss: total, metrics };
  }

  /** Loss inputs of a micro-batch; one that a sequence lacks does not exist. */
  private lossInputs(batch: MicroBatch, sequences: readonly TrainingSequence[]): LossInputs {
    return (name) => {
      const values = new Map<number, Float32Array>();
      for (const { sequence } of batch.placements) {
        const { weights, inputs } = elementAt(sequences, sequence);
        const ofSequence = name === 'weights' ? weights : inputs[name as keyof typeof inputs];
        if (!ofSequence) return undefined;
        values.set(sequence, ofSequence);
      }
      for (const [sequence, ofSequence] of values) this.checkFinite(name, sequence, ofSequence);
      return scatterResponseValues(batch, sequences, values);
    };
  }

  /** With `optimizer`, that one takes this step; it must keep the same state as the model's own. */
  async step(options: StepOptions, optimizer = this.parts.optimizer): Promise<StepReport> {
    if (this.role === 'reference') throw frozenModel();
    const { state } = this.parts.optimizer;
    if (optimizer.state.join() !== state.join()) throw otherOptimizerState(optimizer, state);
    const { adapters } = this.parts;
    const gradNorm = await (adapters
      ? adapters.step(optimizer, options)
      : optimizerStep({ ...this.parts, optimizer }, options));
    return { gradNorm, version: this.version };
  }

  dispose(): void {
    const { adapters, parameters } = this.parts;
    (adapters ?? parameters).dispose();
  }

  /** Calls `work` for one micro-batch after another. */
  private async eachPass(
    sequences: readonly Sequence[],
    options: PassOptions,
    work: (pass: ForwardPass) => Promise<void>,
  ): Promise<void> {
    checkSequences(sequences, this.parts.config.vocabSize, this.parts.config.maxPositions);
    let done = 0;
    for (const batch of pack(sequences, this.parts.limits)) {
      options.signal?.throwIfAborted();
      const indices = predictionIndices(batch, sequences);
      await work({ batch, predictionIndices: indices, temperature: options.temperature ?? 1 });
      done += batch.placements.length;
      options.onProgress?.(done / sequences.length);
    }
  }

  /** Throws ORZ_NOT_FINITE naming the first response token whose value is not finite. */
  private checkFinite(name: string, sequence: number, values: Float32Array): void {
    const token = values.findIndex((x) => !Number.isFinite(x));
    if (token >= 0) throw tokenValueNotFinite(name, this.role, { value: elementAt(values, token), sequence, token });
  }
}

/** The parameters of a local model as tensors of the host; with adapters, those are what is trained. */
class LocalTensors implements ModelTensors {
  constructor(
    private readonly parameters: Parameters,
    private readonly trained: LoraAdapters | Parameters,
  ) {}

  get weightShapes(): ModelTensors['weightShapes'] {
    return this.parameters.specs;
  }
  exportWeights(): AsyncIterable<NamedTensor> {
    return this.parameters.exportValues();
  }
  async importWeights(tensors: NamedTensors, version?: WeightVersion): Promise<void> {
    await this.trained.importValues(tensors);
    this.setVersion(version);
  }
  get optimizerShapes(): ModelTensors['optimizerShapes'] {
    return this.trained.stateShapes;
  }
  exportOptimizer(): AsyncIterable<NamedTensor> {
    return this.trained.exportState();
  }
  async importOptimizer(tensors: NamedTensors, version?: WeightVersion): Promise<void> {
    await this.trained.importState(tensors);
    this.setVersion(version);
  }
  resetOptimizer(): void {
    this.trained.resetOptimizer();
  }

  private setVersion(version: WeightVersion | undefined): void {
    if (version !== undefined) this.parameters.version = version;
  }
}
