import { inject, injectable } from '../../container/inject.js';
import { elementAt, zip } from '../../arrays.js';
import type { RunConfig } from '../../config/schema.js';
import type { Engine } from '../../contracts/engine.js';
import type { EstimatedBatch, Objectives, TrainedRole, Updater, UpdateReport } from '../../contracts/loop.js';
import type { LossReport, Model, TrainingSequence } from '../../contracts/model.js';
import type { PhaseHandle } from '../../contracts/run-events.js';
import { lossWeights } from '../../recipe/loss-weights.js';
import { learningRateAt, type Schedule } from '../../recipe/schedule.js';
import { moments } from '../../recipe/whiten.js';
import { requireStepAgreement } from '../diagnostics/guards.js';
import { attributeFailure, type FailureSite } from '../diagnostics/step-failure.js';
import { splitEvenly, trainingSequences } from './batch.js';
import { noSuchModel } from './errors.js';
import type { Progress } from './progress.js';
import { runTokens } from './run-tokens.js';
import type { TrainingRun } from './training-run.js';

/** Shuffles the batch into one mini-batch per optimizer step of the model, once per epoch, and takes the steps. */
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
    const { epochs } = this.schedule(role);
    const miniBatches = Array.from({ length: epochs }, (_, epoch) =>
      this.miniBatches(role, batch.rollouts.length, [iteration, epoch]),
    ).flat();
    const phase = this.run.events.phase(`${role} update`, epochs * batch.rollouts.length, 'responses');
    const report = new MeanReport(miniBatches.length);
    let completed = 0;
    for (const members of miniBatches) {
      const progress = { phase, completed };
      const learningRate = this.nextLearningRate(role);
      report.add(await this.step({ role, model, batch, members, iteration, learningRate, progress }), learningRate);
      completed += members.length;
    }
    phase.end();
    return this.withNextControls(role, report, batch);
  }

  /** The responses in a seeded order of their own for each pass, cut into the mini-batches of its steps. */
  private miniBatches(role: TrainedRole, responses: number, [iteration, epoch]: readonly [number, number]): number[][] {
    const key = epoch === 0 ? [iteration] : [iteration, epoch];
    const order = this.run.random.stream(`${role} mini-batches`).permutation(responses, ...key);
    return splitEvenly(order, this.schedule(role).updates);
  }

  /** The numbers that the loss had in this update, and those for the next one. */
  private controls(role: TrainedRole): Readonly<Record<string, number>> {
    return { ...this.objectives.losses[role].controls?.start, ...this.progress.controls[role] };
  }

  /** Reports the controls, and lets the loss change them. */
  private withNextControls(role: TrainedRole, report: UpdateReport, { entropy }: EstimatedBatch): UpdateReport {
    const { controls } = this.objectives.losses[role];
    if (!controls) return report;
    const current = this.controls(role);
    const metrics = { ...(entropy && { entropy: moments(entropy).mean }), ...report.metrics };
    this.progress.controls[role] = controls.next(current, metrics);
    const { loss, gradNorm, learningRate } = report;
    return { loss, gradNorm, learningRate, metrics: { ...report.metrics, ...current } };
  }

  /** One optimizer step. Nothing has changed if it throws. */
  private async step(step: MiniBatch): Promise<LossReport & { readonly gradNorm: number }> {
    const { role, model, members, learningRate, progress } = step;
    const { temperature, maxGradNorm, policyScorePass, guards } = this.run.config;
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
    const gap = sums.metrics['logprobGapMean'];
    if (role === 'policy' && !policyScorePass) requireStepAgreement(gap ?? NaN, guards.maxLogprobGap);
    const { gradNorm } = await attributeFailure(site, () => model.step({ learningRate, maxGradNorm }));
    return { ...sums, gradNorm };
  }

  /** The weights of all tokens of a step make one mean, whatever micro-batches the engine cuts it into. */
  private sequences({ role, batch, members }: MiniBatch): TrainingSequence[] {
    const means = this.weights(batch, members);
    const weights = role === 'policy' ? corrected(means, batch, members) : means;
    return trainingSequences(batch, members, weights, this.controls(role));
  }

  /** Of the average over the responses that are in the losses, and 0 for the others. */
  private weights({ sequences, rollouts, inLoss }: EstimatedBatch, members: readonly number[]): Float32Array[] {
    const { lossAggregation, packedRowTokens, maxResponseTokens } = this.run.config;
    const tokensOf = (b: number): number => elementAt(rollouts, b).samplerLogprobs.length;
    const lengths = members.map((b) => ({
      // What an environment wrote takes its place in a packed row, as the prompt does.
      promptLength: elementAt(sequences, b).tokens.length - tokensOf(b),
      responseLength: inLoss?.[b] === false ? 0 : tokensOf(b),
    }));
    const limits = { maxResponseTokens, ...(packedRowTokens !== undefined && { packedRowTokens }) };
    return Array.from(zip(members, lossWeights(lossAggregation, lengths, limits)), ([b, weights]) =>
      weights.length === tokensOf(b) ? weights : new Float32Array(tokensOf(b)),
    );
  }

  private failureSite({ role, batch, members, iteration }: MiniBatch, sequences: TrainingSequence[]) {
    const { temperature, maxGradNorm } = this.run.config;
    return (): FailureSite => ({
      iteration,
      rollouts: members.map((b) => elementAt(batch.rollouts, b)),
      step: { stage: 'update', role, temperature, maxGradNorm, sequences },
    });
  }

  private schedule(role: TrainedRole) {
    const { config } = this.run;
    return role === 'critic'
      ? { epochs: config.criticEpochs, updates: config.criticUpdateSteps }
      : { epochs: config.policyEpochs, updates: config.policyUpdateSteps };
  }

  /** Counts one more step of this model. */
  private nextLearningRate(role: TrainedRole): number {
    const { config } = this.run;
    const step = ++this.progress.steps[role];
    return config.guards.canary ? 0 : learningRateAt(rateSchedule(role, config), step);
  }
}

function rateSchedule(role: TrainedRole, config: RunConfig): Schedule {
  if (role === 'critic')
    return { type: 'constant', peak: config.criticLearningRate, warmupSteps: config.criticWarmupSteps };
  const { policyLearningRate: peak, policyWarmupSteps: warmupSteps } = config;
  const { policyDecaySteps: decaySteps, policyFinalLearningRate: final } = config;
  return decaySteps === undefined || final === undefined
    ? { type: 'constant', peak, warmupSteps }
    : { type: 'linear', peak, warmupSteps, decaySteps, final };
}

/** Weights of the policy, with the correction for its sampler if there is one. */
const corrected = (weights: Float32Array[], { correction }: EstimatedBatch, members: readonly number[]) =>
  weights.map((row, i) => {
    const factors = correction?.[elementAt(members, i)];
    return factors ? row.map((weight, t) => weight * elementAt(factors, t)) : row;
  });

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
