import { inject, injectable } from '../../container/inject.js';
import type { GradedRollouts, IterationResult, Recorder } from '../../contracts/loop.js';
import type { IterationDirective, Metrics, MetricSink, RolloutBatch } from '../../contracts/metric-sink.js';
import type { BaseModel } from '../../contracts/model-source.js';
import { examineHealth } from '../diagnostics/health.js';
import { pickSamples } from '../evaluation/sample-answers.js';
import { metricNotFinite } from './errors.js';
import type { Progress } from './progress.js';
import { evaluationRecords, trainingRecords } from './rollout-records.js';
import { runTokens } from './run-tokens.js';
import type { TrainingRun } from './training-run.js';

/** Number of responses of each iteration shown to users. */
const shownSamples = 3;

/** Hands everything to the sinks of the run, after checking its health. */
@injectable()
export class SinkRecorder implements Recorder {
  constructor(
    @inject(runTokens.run.symbol) private readonly run: TrainingRun,
    @inject(runTokens.sinks.symbol) private readonly sinks: readonly MetricSink[],
    @inject(runTokens.baseModel.symbol) private readonly model: Pick<BaseModel, 'tokenizer'>,
    @inject(runTokens.progress.symbol) private readonly progress: Progress,
  ) {}

  async record(numbers: Metrics, { iteration, batch }: IterationResult): Promise<IterationDirective> {
    requireFiniteMetrics(numbers, iteration);
    const { state, raised, active } = examineHealth(this.progress.health, numbers);
    const metrics: Metrics = { ...numbers, warnings: active };
    for (const sink of this.sinks) await sink.record(metrics);
    this.run.onMetrics?.(metrics);
    for (const { rule, message, advice } of raised) this.run.events.log('warn', `${rule}: ${message}. ${advice}`);
    this.progress.health = state;
    await this.share({ iteration, records: trainingRecords(batch) });
    this.run.onSamples?.(iteration, pickSamples(batch, shownSamples));
    return this.askSinks(iteration, metrics);
  }

  recordEvaluation(set: string, graded: GradedRollouts): Promise<void> {
    const { samples } = this.run.config.evaluation;
    return this.share({ iteration: this.progress.iteration, set, records: evaluationRecords(graded, samples) });
  }

  private async share(batch: Omit<RolloutBatch, 'tokenizer'>): Promise<void> {
    for (const sink of this.sinks) await sink.rollouts?.({ ...batch, tokenizer: this.model.tokenizer });
  }

  /** Asks all sinks; the first reason to stop counts. */
  private async askSinks(iteration: number, metrics: Metrics): Promise<IterationDirective> {
    const { events, config } = this.run;
    let combined: IterationDirective = {};
    for (const sink of this.sinks) {
      const { stop, checkpoint } =
        (await sink.iterationEnd?.({ iteration, iterations: config.iterations, metrics })) ?? {};
      if (stop !== undefined) events.log('info', `${sink.name} ends the run after iteration ${iteration}: ${stop}`);
      combined = {
        ...combined,
        ...(stop !== undefined && combined.stop === undefined && { stop }),
        ...(checkpoint === true && { checkpoint }),
      };
    }
    return combined;
  }
}

function requireFiniteMetrics(metrics: Metrics, iteration: number): void {
  for (const [name, value] of Object.entries(metrics)) {
    const numbers = typeof value === 'object' && value !== null ? Object.values(value) : [value];
    const bad = numbers.find((number) => typeof number === 'number' && !Number.isFinite(number));
    if (typeof bad === 'number') throw metricNotFinite(name, bad, iteration);
  }
}
