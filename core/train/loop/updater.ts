import { inject, injectable } from '../../container/inject.js';
import { elementAt } from '../../arrays.js';
import type { Engine } from '../../contracts/engine.js';
import type { EstimatedBatch, Objectives, TrainedRole, Updater, UpdateReport } from '../../contracts/loop.js';
import type { LossReport, Model, TrainingSequence } from '../../contracts/model.js';
import type { PhaseHandle } from '../../contracts/run-events.js';
import { lossWeights } from '../../recipe/loss-weights.js';
import { learningRateAt } from '../../recipe/schedule.js';
import { attributeFailure, type FailureSite } from '../diagnostics/step-failure.js';
import { splitEvenly, trainingSequences } from './batch.js';
import { noSuchModel } from './errors.js';
import type { Progress } from './progress.js';
import { runTokens } from './run-tokens.js';
import type { TrainingRun } from './training-run.js';

/** Shuffles the batch into one mini-batch per optimizer step of the model, and takes the steps. */
@injectable()
export class MiniBatchUpdater implements Updater {
  constructor(
    @inject(runTokens.run.symbol) private readonly run: TrainingRun,
    @inject(runTokens.engine.symbol) private readonly engine: Engine,
    @inject(runTokens.objectives.symbol) private readonly objectives: Objectives,
    @inject(runTokens.progress.symbol) private readonly progress: Progress,
  ) {}

  async update(role: TrainedRole, batch: EstimatedBatch, iteration: number): Promise<UpdateReport> {
    const model = this.engine[role];
    if (!model) throw noSuchModel(role);
    const { events, random } = this.run;
    const order = random.stream(`${role} mini-batches`).permutation(batch.rollouts.length, iteration);
    const miniBatches = splitEvenly(order, this.schedule(role).updates);
    const phase = events.phase(`${role} update`, batch.rollouts.length, 'responses');
    const report = new MeanReport(miniBatches.length);
    let completed = 0;
    for (const members of miniBatches) {
      const progress = { phase, completed };
      const learningRate = this.nextLearningRate(role);
      report.add(await this.step({ role, model, batch, members, iteration, learningRate, progress }), learningRate);
      completed += members.length;
    }
    phase.end();
    return report;
  }

  /** One optimizer step. Nothing has changed if it throws. */
  private async step(step: MiniBatch): Promise<LossReport & { readonly gradNorm: number }> {
    const { role, model, members, learningRate, progress } = step;
    const { temperature, maxGradNorm } = this.run.config;
    const sequences = this.sequences(step);
    const site = this.failureSite(step, sequences);
    const sums = await attributeFailure(site, () =>
      model.accumulate(sequences, this.objectives.losses[role], {
        temperature,
        onProgress: (share) => {
          progress.phase.progress(progress.completed + share * members.length);
        },
      }),
    );
    const { gradNorm } = await attributeFailure(site, () => model.step({ learningRate, maxGradNorm }));
    return { ...sums, gradNorm };
  }

  /** The weights of all tokens of a step make one mean, whatever micro-batches the engine cuts it into. */
  private sequences({ batch, members }: MiniBatch): TrainingSequence[] {
    const { lossAggregation, packedRowTokens } = this.run.config;
    const lengths = members.map((b) => ({
      promptLength: elementAt(batch.sequences, b).promptLength,
      responseLength: elementAt(batch.rollouts, b).responseTokens.length,
    }));
    return trainingSequences(batch, members, lossWeights(lossAggregation, lengths, packedRowTokens));
  }

  private failureSite({ role, batch, members, iteration }: MiniBatch, sequences: TrainingSequence[]) {
    const { temperature, maxGradNorm } = this.run.config;
    return (): FailureSite => ({
      iteration,
      rollouts: members.map((b) => elementAt(batch.rollouts, b)),
      step: { stage: 'update', role, temperature, maxGradNorm, sequences },
    });
  }

  private schedule(role: TrainedRole): { updates: number; peak: number; warmupSteps: number } {
    const { config } = this.run;
    const critic = role === 'critic';
    const rate = critic ? config.criticLearningRate : config.policyLearningRate;
    return {
      updates: critic ? config.criticUpdateSteps : config.policyUpdateSteps,
      peak: config.guards.canary ? 0 : rate,
      warmupSteps: critic ? config.criticWarmupSteps : config.policyWarmupSteps,
    };
  }

  /** Counts one more step of this model. */
  private nextLearningRate(role: TrainedRole): number {
    const { peak, warmupSteps } = this.schedule(role);
    return learningRateAt({ type: 'constant', peak, warmupSteps }, ++this.progress.steps[role]);
  }
}

interface MiniBatch {
  readonly role: TrainedRole;
  readonly model: Model;
  readonly batch: EstimatedBatch;
  /** Positions in the batch. */
  readonly members: readonly number[];
  readonly iteration: number;
  readonly learningRate: number;
  readonly progress: { readonly phase: PhaseHandle; readonly completed: number };
}

/** Means over the optimizer steps of an update. */
class MeanReport implements UpdateReport {
  loss = 0;
  gradNorm = 0;
  learningRate = 0;
  readonly metrics: Record<string, number> = {};

  constructor(private readonly steps: number) {}

  add(step: LossReport & { readonly gradNorm: number }, learningRate: number): void {
    this.loss += step.loss / this.steps;
    this.gradNorm += step.gradNorm / this.steps;
    this.learningRate = learningRate;
    for (const [name, value] of Object.entries(step.metrics)) {
      this.metrics[name] = (this.metrics[name] ?? 0) + value / this.steps;
    }
  }
}
