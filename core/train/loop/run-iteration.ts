import type { Evaluation, IterationResult } from '../../contracts/loop.js';
import type { IterationDirective, Metrics } from '../../contracts/metric-sink.js';
import { requireAgreement, requireFreshRollouts, requireSynchronised } from '../diagnostics/guards.js';
import { iterationMetrics } from '../metrics/iteration-metrics.js';
import { collectBatch } from './collect-batch.js';
import type { LoopContext } from './loop-context.js';
import { runTokens } from './run-tokens.js';

export interface IterationOutcome {
  /** Held-out results, if they were due. */
  readonly evaluation: Evaluation | undefined;
  readonly directive: IterationDirective;
}

/**
 * One iteration of the algorithm of Open-Reasoner-Zero (paper, section 2: PPO with GAE, a reward on the last token, no
 * KL): collect responses from the current policy, learn from each of them once, hand the new weights to the sampler.
 */
export async function runIteration(context: LoopContext): Promise<IterationOutcome> {
  const { run, parts, engine, progress, timer } = context;
  const iteration = progress.iteration + 1;

  // Collect G responses to each of P problems from π_old; grade each group while others are still being sampled.
  const { graded, collection } = await timer.measure('sample', () => collectBatch(context, iteration));
  requireFreshRollouts(graded.rollouts, engine.policy.version);

  // Score them under the weights that sampled them: log π_old, V, and log π_ref if a KL term asks for it.
  const scored = await timer.measure('score', () => parts.scorer.score(graded, iteration));
  requireAgreement(scored.rollouts, scored.oldLogprobs, run.config.guards.maxLogprobGap);

  // Estimate advantages and returns per token.
  const batch = await parts.estimator.estimate(scored, iteration);

  // Update the critic, then, once the critic has had its head start, the policy. A checkpoint that is still reading the
  // weights is awaited.
  if (parts.checkpointer.pending) await timer.measure('checkpoint', () => parts.checkpointer.settle());
  const critic =
    engine.critic && (await timer.measure('critic', () => parts.updater.update('critic', batch, iteration)));
  const policy =
    iteration > run.config.criticOnlyIterations
      ? await timer.measure('policy', () => parts.updater.update('policy', batch, iteration))
      : undefined;
  const result: IterationResult = {
    ...{ iteration, batch },
    ...(collection && { collection }),
    ...(critic && { critic }),
    ...(policy && { policy }),
  };

  // Sync: the next responses come from the new weights.
  await timer.measure('sync', () => syncSampler(context));
  await context.canary?.check(engine, result, run.config);
  progress.iteration = iteration;

  // Evaluate if it is due, record, and begin a checkpoint if it is due.
  const evaluation = isEvaluationDue(context)
    ? await timer.measure('evaluation', () => evaluate(context, evaluationLimit(context), neverAborted))
    : undefined;
  const metrics = measure(context, result, evaluation);
  const directive = await timer.measure('record', () => parts.recorder.record(metrics, result));
  if (isCheckpointDue(context, directive))
    await timer.measure('checkpoint', () => parts.checkpointer.begin(evaluation));
  return { evaluation, directive };
}

/** An iteration that has begun is completed before a run stops, so its evaluation is never aborted. */
export const neverAborted = new AbortController().signal;

async function syncSampler({ sampler, engine }: LoopContext): Promise<void> {
  requireSynchronised(await sampler.sync(engine.policy), sampler, engine.policy.version);
}

/** Held-out results of the current weights, on the first `limit` problems of each set; the sinks see the responses. */
export const evaluate = ({ parts }: LoopContext, limit: number, signal: AbortSignal): Promise<Evaluation> =>
  parts.evaluator.evaluate({ limit, signal, onGraded: (set, graded) => parts.recorder.recordEvaluation(set, graded) });

/** The last iteration is evaluated on more problems than those before it. */
function evaluationLimit(context: LoopContext): number {
  const { problems, periodicProblems } = context.run.config.evaluation;
  return isLast(context) ? problems : periodicProblems;
}

const isLast = ({ run, progress }: LoopContext): boolean => progress.iteration === run.config.iterations;

function isEvaluationDue(context: LoopContext): boolean {
  const { every } = context.run.config.evaluation;
  return isLast(context) || (every > 0 && context.progress.iteration % every === 0);
}

/** The end of the run writes a checkpoint of its own. */
function isCheckpointDue(context: LoopContext, { stop, checkpoint }: IterationDirective): boolean {
  if (isLast(context) || stop !== undefined) return false;
  return checkpoint === true || context.progress.iteration % context.run.config.checkpoint.every === 0;
}

/** The time of writing the metrics counts for the next iteration: they contain the time of this one. */
function measure(context: LoopContext, result: IterationResult, evaluation: Evaluation | undefined): Metrics {
  const { run, engine, progress, timer, traits } = context;
  return iterationMetrics({
    result,
    evaluation,
    traits,
    samplesPerPrompt: run.config.samplesPerPrompt,
    hasEnvironment: run.container.inject(runTokens.environment).pool !== undefined,
    weightVersion: engine.policy.version,
    rewardIncidents: progress.rewardIncidents,
    seconds: timer.restart(),
    memory: run.platform.memory(),
    server: engine.costs?.(),
  });
}
