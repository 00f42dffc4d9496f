import { zip } from '../../arrays.js';
import { inject, injectable } from '../../container/inject.js';
import { contractTokens } from '../../contracts/contract-tokens.js';
import type {
  Collector,
  Evaluation,
  EvaluationReport,
  EvaluationRequest,
  Evaluator,
  GradedRollouts,
  SampleAnswer,
} from '../../contracts/loop.js';
import type { ProblemList, ProblemSet, Template } from '../../contracts/problems.js';
import { summarise, type GradedResponse } from '../../evaluation/summarise.js';
import { loopTokens, runTokens } from '../loop/run-tokens.js';
import type { TrainingRun } from '../loop/training-run.js';
import { responseStatistics } from '../metrics/response-statistics.js';
import { turnMetrics } from '../metrics/turn-metrics.js';
import { sampleAnswer } from './sample-answers.js';
import { protocolOf } from './set-protocol.js';

/** Identifies the randomness of all evaluations: the same draws each time, so that only the weights matter. */
const evaluationKey = 0xffffffff;

/** Number of responses of an evaluation shown to users. */
const shownSamples = 2;

/** Runs the training collector on held-out problems, sampling as the evaluation, or its set, says. */
@injectable()
export class HeldOutEvaluator implements Evaluator {
  constructor(
    @inject(runTokens.run.symbol) private readonly run: TrainingRun,
    @inject(loopTokens.collector.symbol) private readonly collector: Collector,
    @inject(runTokens.problems.symbol) private readonly problems: ProblemSet,
    @inject(contractTokens.template.symbol) private readonly template: Template,
  ) {}

  async evaluate(request: EvaluationRequest): Promise<Evaluation> {
    const reports: Record<string, EvaluationReport> = {};
    const samples: SampleAnswer[] = [];
    const hasEnvironment = this.run.config.environment.type !== 'none';
    for (const [name, problems] of Object.entries(this.problems.evaluation)) {
      const graded = await this.collect(name, problems, request);
      reports[name] = {
        ...responseStatistics(graded, this.template.traits ?? []),
        ...rewardBounds(graded),
        ...(hasEnvironment && turnMetrics(graded.rollouts)),
      };
      await request.onGraded?.(name, graded);
      for (let i = 0; i < graded.rollouts.length && samples.length < shownSamples; i++) {
        samples.push(sampleAnswer(graded, i));
      }
    }
    return { reports, samples };
  }

  private async collect(name: string, list: ProblemList, request: EvaluationRequest): Promise<GradedRollouts> {
    const { config, events } = this.run;
    const { maxPromptTokens } = config.evaluation;
    const { samples, temperature, topP, maxResponseTokens, problems: most = request.limit } = protocolOf(config, name);
    const problems = Array.from({ length: Math.min(most, list.length) }, (_, i) => list.at(i));
    const phase = events.phase(`evaluation on ${name}`, problems.length * samples, 'responses');
    const graded = await this.collector.collect({
      problems,
      samples,
      key: evaluationKey,
      signal: request.signal,
      sampling: { temperature, topP, topK: 0, maxResponseTokens },
      maxPromptTokens: maxPromptTokens ?? config.maxPromptTokens,
      onProgress: (completed) => {
        phase.progress(completed);
      },
    });
    phase.end();
    return graded;
  }
}

/** The 95 % interval of the mean reward over problems, by the same statistics as `orz-train evaluate`. */
function rewardBounds({ rollouts, results }: GradedRollouts): { rewardLow?: number; rewardHigh?: number } {
  const questions = new Map<string, GradedResponse[]>();
  for (const [{ problem, stopReason, samplerLogprobs }, { value, verdict, answer }] of zip(rollouts, results)) {
    const responses = questions.get(problem.id) ?? [];
    const truncated = stopReason === 'length';
    responses.push({ reward: value, verdict, answer, truncated, tokens: samplerLogprobs.length });
    questions.set(problem.id, responses);
  }
  if (questions.size === 0) return {};
  const { interval } = summarise([...questions.values()]).mean;
  return interval === null ? {} : { rewardLow: interval[0], rewardHigh: interval[1] };
}

/** One number for a checkpoint: the reward on the chosen set, or the mean over all of them; null without one. */
export function meanReward({ reports }: Evaluation, bestSet?: string): number | null {
  const chosen = bestSet === undefined ? undefined : reports[bestSet];
  if (chosen !== undefined) return chosen.reward;
  const rewards = Object.values(reports).map(({ reward }) => reward);
  return rewards.length === 0 ? null : rewards.reduce((a, b) => a + b, 0) / rewards.length;
}
