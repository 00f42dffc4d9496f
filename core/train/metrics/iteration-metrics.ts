import type { ServerCosts } from '../../contracts/engine.js';
import type { Evaluation, EvaluationReport, IterationResult } from '../../contracts/loop.js';
import type { Metrics, MetricValue } from '../../contracts/metric-sink.js';
import type { Platform } from '../../contracts/platform.js';
import type { ResponseTrait } from '../../contracts/problems.js';
import type { RewardPool } from '../../contracts/reward-pool.js';
import type { WeightVersion } from '../../contracts/data.js';
import { costMetrics } from './cost-metrics.js';
import { learningMetrics } from './learning-metrics.js';
import { responseStatistics } from './response-statistics.js';
import { turnMetrics } from './turn-metrics.js';

/** What the metrics of an iteration are made from. */
export interface IterationFigures {
  readonly result: IterationResult;
  /** Of this iteration, if it had one. */
  readonly evaluation: Evaluation | undefined;
  readonly traits: readonly ResponseTrait[];
  readonly samplesPerPrompt: number;
  readonly weightVersion: WeightVersion;
  /** Whether there is an environment. */
  readonly hasEnvironment: boolean;
  readonly rewardIncidents: RewardPool['stats'];
  /** By phase. */
  readonly seconds: Readonly<Record<string, number>>;
  readonly memory: ReturnType<Platform['memory']>;
  /** Where the engine is at a server. */
  readonly server: ServerCosts | undefined;
}

/** All metrics of one iteration; every name is documented in docs/metrics.md. */
export function iterationMetrics(figures: IterationFigures): Metrics {
  const { result, evaluation, traits, server } = figures;
  const responses = responseStatistics(result.batch, traits);
  return {
    iteration: result.iteration,
    ...responses,
    ...learningMetrics(result, figures.samplesPerPrompt, Object.keys(responses)),
    ...(figures.hasEnvironment && turnMetrics(result.batch.rollouts)),
    weightVersion: figures.weightVersion,
    ...(evaluation && evaluationMetrics(evaluation, traits)),
    rewardPool: { ...figures.rewardIncidents },
    ...costMetrics(figures.seconds, result.batch.rollouts, figures.memory),
    ...(server && { server: server.counts, serverSeconds: server.seconds }),
  };
}

/**
 * The evaluation before training as a record of iteration 0, with the same parts as those of later iterations. No sink
 * gets it: it is where the curves of held-out reward begin.
 */
export function baseRecord(reports: Evaluation['reports']): Metrics {
  const evaluations = Object.entries(reports).map(([set, report]) => {
    const shares = Object.entries(report)
      .filter(([name]) => name.endsWith('Share') && name !== 'repeatShare')
      .map(([name, share]) => [name, Number(share)] as const);
    return [`evaluation/${set}`, evaluationRecord(report, Object.fromEntries(shares))] as const;
  });
  return { iteration: 0, ...(Object.fromEntries(evaluations) as Record<string, Readonly<Record<string, number>>>) };
}

/** The metrics `evaluation/SET`. */
function evaluationMetrics({ reports }: Evaluation, traits: readonly ResponseTrait[]): Metrics {
  const metrics: Record<string, MetricValue> = {};
  for (const [set, report] of Object.entries(reports)) {
    const shares = traits.map(({ shareMetric }) => [shareMetric, Number(report[shareMetric])] as const);
    metrics[`evaluation/${set}`] = evaluationRecord(report, Object.fromEntries(shares));
  }
  return metrics;
}

/** What is recorded of the report on one held-out set; `shares` are those of the template. */
const evaluationRecord = (
  { reward, rewardLow, rewardHigh, responseLength, stopReasons, turns }: EvaluationReport,
  shares: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> => ({
  reward,
  ...(typeof rewardLow === 'number' && { rewardLow }),
  ...(typeof rewardHigh === 'number' && { rewardHigh }),
  responseLength,
  ...shares,
  truncatedShare: stopReasons.length,
  ...(typeof turns === 'number' && { turns }),
});
