import type { Evaluation } from '../../contracts/loop.js';
import { isOrzError } from '../../errors.js';
import { Canary } from '../diagnostics/canary.js';
import { recordFailure } from '../diagnostics/record-failure.js';
import { StepFailure } from '../diagnostics/step-failure.js';
import { baseRecord } from '../metrics/iteration-metrics.js';
import { writeSummary } from '../state/summary.js';
import { interrupted } from './errors.js';
import { resolveLoopParts } from './loop-parts.js';
import { closeRun, openRun } from './open-run.js';
import { PhaseTimer } from './phase-timer.js';
import { ProblemLoader } from './problem-loader.js';
import type { LoopContext } from './loop-context.js';
import { evaluate, neverAborted, runIteration } from './run-iteration.js';
import { runTokens } from './run-tokens.js';
import type { RunSummary, TrainingRun } from './training-run.js';

export type { RunSummary, TrainingRun } from './training-run.js';

/**
 * A whole run: base model, evaluation, iterations, evaluation. Its state is saved regularly, at the end and on
 * interruption.
 */
export async function runTraining(run: TrainingRun): Promise<RunSummary> {
  const open = await openRun(run);
  // The error that stopped the run is thrown; one during cleanup is only logged.
  const warn = (error: unknown): void => {
    run.events.log('warn', `while stopping: ${error instanceof Error ? error.message : String(error)}`);
  };
  const training = async (): Promise<RunSummary> => {
    const context = await createContext(run);
    const settle = (): Promise<void> => context.parts.checkpointer.settle();
    return withCleanup(() => trainRecordingFailure(context), settle, warn);
  };
  return withCleanup(training, () => closeRun(open), warn);
}

/** Does `work`, then `cleanup` in any case. An error of the cleanup is thrown only if the work succeeded. */
async function withCleanup<T>(
  work: () => Promise<T>,
  cleanup: () => Promise<void>,
  warn: (error: unknown) => void,
): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await cleanup().catch(warn);
    throw error;
  }
  await cleanup();
  return result;
}

/** A step that met a non-finite number is written to a file from which it can be replayed. */
async function trainRecordingFailure(context: LoopContext): Promise<RunSummary> {
  try {
    return await train(context);
  } catch (error) {
    throw error instanceof StepFailure ? await recordFailure(failureParts(context), error) : error;
  }
}

async function createContext(run: TrainingRun): Promise<LoopContext> {
  const { container, config, platform, random } = run;
  const engine = container.inject(runTokens.engine);
  return {
    run,
    engine,
    parts: resolveLoopParts(container),
    sampler: container.inject(runTokens.sampler),
    filter: container.get('groupFilter'),
    needsGreedyBaseline: container.get('advantage').needsGreedyBaseline ?? false,
    loader: new ProblemLoader(container.inject(runTokens.problems).train, random.stream('problem order')),
    traits: container.get('template').traits ?? [],
    progress: container.inject(runTokens.progress),
    timer: new PhaseTimer(() => platform.now()),
    canary: config.guards.canary ? await Canary.create(engine) : undefined,
  };
}

const failureParts = ({ run: { platform, container }, engine }: LoopContext) => ({
  storage: platform.storage,
  engine,
  description: container.inject(runTokens.baseModel),
  losses: container.inject(runTokens.objectives).losses,
});

async function train(context: LoopContext): Promise<RunSummary> {
  const { run, progress, parts } = context;
  progress.before ??= await evaluateBase(context);
  if (progress.after === undefined || progress.iteration < run.config.iterations) {
    progress.after = await iterate(context);
    await parts.checkpointer.saveFinal(progress.after);
  }
  const summary: RunSummary = {
    iterations: progress.iteration,
    before: progress.before.reports,
    after: progress.after.reports,
    samplesBefore: progress.before.samples,
    samplesAfter: progress.after.samples,
    seconds: progress.seconds,
    location: run.platform.storage.location,
  };
  await writeSummary(run.platform.storage, summary);
  return summary;
}

/** The base model is written while it is evaluated. */
async function evaluateBase(context: LoopContext): Promise<Evaluation> {
  const { run, parts } = context;
  if (!run.resume) await parts.checkpointer.beginBase();
  const before = await evaluate(context, run.config.evaluation.problems, run.signal);
  for (const [name, { reward }] of Object.entries(before.reports)) {
    run.events.log('info', `before training: reward ${reward.toFixed(3)} on ${name}`);
  }
  run.onBaseEvaluation?.(baseRecord(before.reports));
  await parts.checkpointer.settle();
  await parts.checkpointer.saveBaseEvaluation(before);
  return before;
}

/** Iterations up to the last one, or until a sink ends the run; returns the evaluation after them. */
async function iterate(context: LoopContext): Promise<Evaluation> {
  const { run, progress } = context;
  const { iterations } = run.config;
  const phase = run.events.phase('iterations', iterations, 'iterations');
  phase.progress(progress.iteration);
  let last: Evaluation | undefined;
  while (progress.iteration < iterations) {
    await stopIfAsked(context);
    const { evaluation, directive } = await runIteration(context);
    phase.progress(progress.iteration);
    last = progress.iteration === iterations ? evaluation : undefined;
    if (directive.stop !== undefined) break;
  }
  phase.end();
  return last ?? evaluate(context, run.config.evaluation.problems, neverAborted);
}

/** Between two iterations: saves and stops the run if that was requested. */
async function stopIfAsked({ run, progress, parts }: LoopContext): Promise<void> {
  const { signal, platform } = run;
  if (!signal.aborted) return;
  if (progress.saved !== progress.iteration) await parts.checkpointer.begin(undefined);
  await parts.checkpointer.settle();
  const reason = isOrzError(signal.reason) ? signal.reason.details.value : undefined;
  throw interrupted(progress.iteration, platform.storage.location, reason);
}
