import type { ProblemList } from '../contracts/problems.js';
import type { RunEvents } from '../contracts/platform.js';
import { collect, type Collected, type Collector } from './collect.js';
import { responseMetrics } from './metrics.js';

export interface EvaluationRequest {
  readonly name: string;
  readonly problems: ProblemList;
  /** Only the first this many problems. */
  readonly limit: number;
  readonly samples: number;
  readonly temperature: number;
  readonly maxResponseTokens: number;
  readonly signal: AbortSignal;
}

export type EvaluationReport = ReturnType<typeof responseMetrics>;

/** Random key of evaluations, beyond any iteration, so that every evaluation of a run draws the same numbers. */
const evaluationKey = 0xffffffff;

/** The sampler and reward of training on held-out problems. */
export async function evaluate(collector: Collector, request: EvaluationRequest, events: RunEvents): Promise<{ report: EvaluationReport; collected: Collected }> {
  const problems = Array.from({ length: Math.min(request.limit, request.problems.length) }, (_, i) => request.problems.at(i));
  const phase = events.phase(`evaluation on ${request.name}`, problems.length * request.samples, 'responses');
  const collected = await collect(collector, {
    problems, samples: request.samples, key: evaluationKey, signal: request.signal,
    sampling: { temperature: request.temperature, topP: 1, topK: 0, maxResponseTokens: request.maxResponseTokens },
    onProgress: (done) => phase.progress(done),
  });
  phase.end();
  return { report: responseMetrics(collected.rollouts, collected.results), collected };
}
