import type { LocalModel } from '../../core/compute/engine/local-model.js';
import type { Tensor } from '../../core/compute/tensor/graph.js';
import { mul } from '../../core/compute/tensor/ops.js';
import type { LossReport, TrainingSequence } from '../../core/contracts/model.js';
import type { Loss } from '../../core/contracts/loss.js';
import type { Optimizer } from '../../core/contracts/optimizer.js';
import { Refusal } from '../reward-server/refusal.js';
import { sequenceMean } from './datum.js';

export interface AccumulateOptions {
  readonly loss: Loss;
  /** Whether the loss is SkyRL's mean over the sequences since the last step. */
  readonly isSequenceMean: boolean;
  readonly temperature: number;
  readonly signal: AbortSignal;
}

export interface StepRequest {
  readonly optimizer: Optimizer;
  readonly learningRate: number;
  /** Infinity for no clipping. */
  readonly maxGradNorm: number;
}

/** The gradient of a model that several requests add up, from one step of the optimizer to the next. */
export class Gradient {
  /** Why the next step must not be taken; absent while all that was sent has been added. */
  private fault: string | undefined;
  /** Sequences of a loss that divides by their number; 0 for a plain sum, undefined while there is none. */
  private meanOver: number | undefined;

  constructor(private readonly model: LocalModel) {}

  /** Something that belongs to the gradient is missing, so that the next step fails. */
  spoil(reason: string): void {
    this.fault ??= reason;
  }

  async add(sequences: readonly TrainingSequence[], options: AccumulateOptions): Promise<LossReport> {
    const { loss, isSequenceMean, temperature, signal } = options;
    if (this.meanOver !== undefined && this.meanOver > 0 !== isSequenceMean)
      throw new Refusal(400, 'ppo_critic cannot be mixed with another loss before optim_step');
    try {
      const counted = isSequenceMean ? sequences.map(sequenceMean) : sequences;
      const report = await this.model.accumulate(counted, loss, { temperature, signal });
      this.meanOver = (this.meanOver ?? 0) + (isSequenceMean ? sequences.length : 0);
      return report;
    } catch (error) {
      // The model has cleared all of it, also what earlier requests had added.
      this.spoil(`a forward_backward since the last step failed: ${(error as Error).message}`);
      throw error;
    }
  }

  /** Throws a {@link Refusal} if the gradient is not what the client sent. It is empty afterwards. */
  async step({ optimizer, learningRate, maxGradNorm }: StepRequest): Promise<{ readonly gradNorm: number }> {
    const { fault, meanOver } = this;
    this.clear();
    if (fault !== undefined) {
      this.model.parameters.clearGradients();
      throw new Refusal(400, `no step was taken, and the gradient was dropped: ${fault}. Send the batch again`);
    }
    if (meanOver === undefined) throw new Refusal(400, 'optim_step without a forward_backward since the last one');
    const divisor = Math.max(1, meanOver);
    const limits = { learningRate, maxGradNorm: maxGradNorm * divisor };
    const { gradNorm } = await this.model.step(limits, divisor === 1 ? optimizer : divided(optimizer, divisor));
    return { gradNorm: gradNorm / divisor };
  }

  /** Forgets what was added, as when other weights are loaded. */
  drop(): void {
    this.clear();
    this.model.parameters.clearGradients();
  }

  private clear(): void {
    this.fault = undefined;
    this.meanOver = undefined;
  }
}

/** The optimizer on the gradient divided by a number. */
const divided = (optimizer: Optimizer, divisor: number): Optimizer => ({
  ...optimizer,
  settings: { ...optimizer.settings, divisor },
  build: (g, tensors) => optimizer.build(g, { ...tensors, gradientScale: scaled(tensors.gradientScale, divisor) }),
});

const scaled = (scale: Tensor, divisor: number): Tensor => mul(scale, 1 / divisor);
