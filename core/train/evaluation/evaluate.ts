import type { RunConfig } from '../../config/schema.js';
import type { ProblemList } from '../../contracts/problems.js';
import type { Metrics } from '../../contracts/metric-sink.js';
import type { RunEvents } from '../../contracts/run-events.js';
import { collect, type Collected, type Collector } from '../loop/collect.js';
import { responseMetrics } from '../metrics/metrics.js';

/** A response to show to people. */
export interface SampleAnswer {
  readonly problem: string;
  readonly answer: string;
  readonly response: string;
  readonly verdict: string;
  readonly reward: number;
}

/** Reports by name of the held-out set, and some responses. */
export interface Evaluation {
  readonly reports: Readonly<Record<string, EvaluationReport>>;
  readonly samples: readonly SampleAnswer[];
}

interface EvaluationRequest {
  readonly name: string;
  readonly problems: ProblemList;
  /** Only the first this many problems. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

export type EvaluationReport = ReturnType<typeof responseMetrics>;

/** Random key of evaluations, beyond any iteration, so that every evaluation of a run draws the same numbers. */
const evaluationKey = 0xffffffff;

/** What an evaluation needs of a run. */
export interface Evaluator {
  readonly collector: Collector;
  readonly config: RunConfig;
  readonly events: RunEvents;
  /** Called with the responses to each set. */
  readonly share?: (set: string, collected: Collected) => Promise<void>;
}

const shownSamples = 2;

/** Tries the first `limit` problems of every held-out set; an abort throws the reason of the signal. */
export async function evaluateAll(
  evaluator: Evaluator,
  sets: Readonly<Record<string, ProblemList>>,
  limit: number,
  signal: AbortSignal,
): Promise<Evaluation> {
  const reports: Record<string, EvaluationReport> = {};
  const samples: SampleAnswer[] = [];
  for (const [name, problems] of Object.entries(sets)) {
    const { report, collected } = await evaluate(evaluator, { name, problems, limit, signal });
    const { rollouts, results } = collected;
    reports[name] = report;
    await evaluator.share?.(name, collected);
    samples.push(
      ...rollouts.slice(0, shownSamples).map((r, i) => ({
        problem: r.problem.prompt,
        answer: r.problem.answer,
        response: r.text,
        verdict: results[i]!.verdict,
        reward: results[i]!.value,
      })),
    );
  }
  return { reports, samples: samples.slice(0, shownSamples) };
}

/** One number for a checkpoint: the mean reward over the sets. */
export function meanReward({ reports }: Evaluation): number | null {
  const rewards = Object.values(reports).map(({ reward }) => reward);
  return rewards.length === 0 ? null : rewards.reduce((a, b) => a + b, 0) / rewards.length;
}

export const evaluationMetrics = ({ reports }: Evaluation): Metrics =>
  Object.fromEntries(
    Object.entries(reports).map(([name, r]) => [
      `evaluation/${name}`,
      {
        reward: r.reward,
        responseLength: r.responseLength,
        formatShare: r.formatShare,
        reflectionShare: r.reflectionShare,
        truncatedShare: r.stopReasons.length,
      },
    ]),
  );

/** The sampler and reward of training on held-out problems. */
async function evaluate(
  { collector, config, events }: Evaluator,
  request: EvaluationRequest,
): Promise<{ report: EvaluationReport; collected: Collected }> {
  const { samples, temperature } = config.evaluation;
  const problems = Array.from({ length: Math.min(request.limit, request.problems.length) }, (_, i) =>
    request.problems.at(i),
  );
  const phase = events.phase(`evaluation on ${request.name}`, problems.length * samples, 'responses');
  const collected = await collect(
    { ...collector, maxPromptTokens: config.evaluation.maxPromptTokens ?? config.maxPromptTokens },
    {
      problems,
      samples,
      key: evaluationKey,
      signal: request.signal,
      sampling: { temperature, topP: 1, topK: 0, maxResponseTokens: config.maxResponseTokens },
      onProgress: (done) => phase.progress(done),
    },
  );
  phase.end();
  return { report: responseMetrics(collected.rollouts, collected.results), collected };
}
