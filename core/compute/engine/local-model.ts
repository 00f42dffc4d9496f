import { OrzError } from '../../errors.js';
import type { Backend } from '../../contracts/backend.js';
import type { WeightVersion } from '../../contracts/data.js';
import type { Loss } from '../../contracts/loss.js';
import type {
  CallOptions,
  LossReport,
  Model,
  ModelRole,
  NamedTensor,
  Sequence,
  StepOptions,
  StepReport,
  TokenScores,
  TrainingSequence,
} from '../../contracts/model.js';
import type { Optimizer } from '../../contracts/optimizer.js';
import type { DecoderConfig } from '../nn/config.js';
import type { Network } from './network.js';
import { optimizerStep } from './optimizer-step.js';
import {
  checkSequences,
  collect,
  pack,
  predictionStart,
  responseLength,
  spread,
  type MicroBatch,
  type PackingLimits,
} from './packing.js';
import type { Parameters } from './parameters.js';
import type { ProgramCache } from './programs.js';

export interface LocalModelParts {
  readonly role: ModelRole;
  readonly config: DecoderConfig;
  readonly backend: Backend;
  readonly programs: ProgramCache;
  readonly parameters: Parameters;
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly limits: PackingLimits;
}

type ScoreName = keyof TokenScores;

/** A model whose arithmetic runs on a local backend. */
export class LocalModel implements Model {
  readonly role: ModelRole;

  constructor(private readonly parts: LocalModelParts) {
    this.role = parts.role;
  }

  get version(): number {
    return this.parts.parameters.version;
  }
  get parameterCount(): number {
    return this.parts.parameters.count;
  }
  get weightShapes(): Model['weightShapes'] {
    return this.parts.parameters.specs;
  }
  /** For the sampler on the same device, which reads the weights in place. */
  get parameters(): Parameters {
    return this.parts.parameters;
  }

  async forward(
    sequences: readonly Sequence[],
    options: CallOptions & { readonly temperature?: number } = {},
  ): Promise<TokenScores[]> {
    const results: Partial<Record<ScoreName, Float32Array>>[] = sequences.map(() => ({}));
    await this.eachBatch(sequences, options, async (batch) => {
      const scores = await this.parts.network.forward(
        batch,
        this.predictionPlaces(batch, sequences),
        options.temperature ?? 1,
      );
      for (const name of Object.keys(scores) as ScoreName[]) {
        collect(batch, sequences, scores[name]!, (sequence, values) => {
          this.checkFinite(name, sequence, values);
          results[sequence]![name] = values;
        });
      }
    });
    return results;
  }

  async accumulate(
    sequences: readonly TrainingSequence[],
    loss: Loss,
    options: CallOptions & { readonly temperature?: number } = {},
  ): Promise<LossReport> {
    try {
      return await this.accumulateBatches(sequences, loss, options);
    } catch (error) {
      this.parts.parameters.clearGradients();
      throw error;
    }
  }

  private async accumulateBatches(
    sequences: readonly TrainingSequence[],
    loss: Loss,
    options: CallOptions & { readonly temperature?: number },
  ): Promise<LossReport> {
    let total = 0;
    const metrics: Record<string, number> = {};
    await this.eachBatch(sequences, options, async (batch) => {
      const perPlace = (name: string): Float32Array | undefined => {
        const inputOf = (s: TrainingSequence): Float32Array | undefined =>
          name === 'weights' ? s.weights : s.inputs[name as keyof TrainingSequence['inputs']];
        if (batch.placements.some((p) => !inputOf(sequences[p.sequence]!))) return undefined;
        return spread(batch, sequences, (sequence) => this.checkFinite(name, sequence, inputOf(sequences[sequence]!)!));
      };
      const sums = await this.parts.network.accumulate(
        batch,
        this.predictionPlaces(batch, sequences),
        perPlace,
        loss,
        options.temperature ?? 1,
      );
      if (!Number.isFinite(sums.loss)) {
        throw new OrzError('ORZ_NOT_FINITE', `the loss "${loss.name}" of the ${this.role} is ${sums.loss}`, {
          value: sums.loss,
          location: { tensor: `${this.role} loss` },
          origin: `sequences ${batch.placements
            .map((p) => p.sequence)
            .slice(0, 8)
            .join(', ')} …`,
          remedy: 'no parameter was changed; lower the learning rate, or look at these sequences',
        });
      }
      total += sums.loss;
      for (const [name, value] of Object.entries(sums.metrics)) metrics[name] = (metrics[name] ?? 0) + value;
    });
    return { loss: total, metrics };
  }

  async step(options: StepOptions): Promise<StepReport> {
    if (this.role === 'reference') throw new OrzError('ORZ_INTERNAL', 'the reference model is frozen');
    const { backend, programs, parameters, optimizer } = this.parts;
    const gradNorm = await optimizerStep(backend, programs, parameters, optimizer, options);
    return { gradNorm, version: parameters.version };
  }

  exportWeights(): AsyncIterable<NamedTensor> {
    return this.parts.parameters.exportValues();
  }
  async importWeights(
    tensors: AsyncIterable<NamedTensor> | Iterable<NamedTensor>,
    version?: WeightVersion,
  ): Promise<void> {
    await this.parts.parameters.importValues(tensors);
    if (version !== undefined) this.parts.parameters.version = version;
  }
  get optimizerShapes(): Model['optimizerShapes'] {
    return this.parts.parameters.stateShapes;
  }
  exportOptimizer(): AsyncIterable<NamedTensor> {
    return this.parts.parameters.exportState();
  }
  importOptimizer(tensors: AsyncIterable<NamedTensor> | Iterable<NamedTensor>): Promise<void> {
    return this.parts.parameters.importState(tensors);
  }
  resetOptimizer(): void {
    this.parts.parameters.resetOptimizer();
  }

  private async eachBatch(
    sequences: readonly Sequence[],
    options: CallOptions,
    work: (batch: MicroBatch) => Promise<void>,
  ): Promise<void> {
    checkSequences(sequences, this.parts.config.vocabSize, this.parts.config.maxPositions);
    let done = 0;
    for (const batch of pack(sequences, this.parts.limits)) {
      options.signal?.throwIfAborted();
      await work(batch);
      done += batch.placements.length;
      options.onProgress?.(done / sequences.length);
    }
  }

  private predictionPlaces(batch: MicroBatch, sequences: readonly Sequence[]): Int32Array {
    const places: number[] = [];
    for (const p of batch.placements) {
      const start = predictionStart(batch, p, sequences[p.sequence]!);
      for (let t = 0; t < responseLength(sequences[p.sequence]!); t++) places.push(start + t);
    }
    return Int32Array.from(places);
  }

  private checkFinite(name: string, sequence: number, values: Float32Array): Float32Array {
    const token = values.findIndex((x) => !Number.isFinite(x));
    if (token >= 0) {
      throw new OrzError(
        'ORZ_NOT_FINITE',
        `${name} of the ${this.role} is ${values[token]} at response token ${token} of sequence ${sequence}`,
        {
          value: values[token],
          origin: `${this.role} model, tensor ${name}`,
          location: { tensor: `${this.role} ${name}`, sample: sequence, token },
          remedy: 'no parameter was changed; the last checkpoint is good',
        },
      );
    }
    return values;
  }
}
