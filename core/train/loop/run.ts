import type { IterationEnd, IterationDirective, Metrics, RolloutBatch } from '../../contracts/metric-sink.js';
import { OrzError, isOrzError } from '../../errors.js';
import { Canary } from '../diagnostics/canary.js';
import { collect, type Collected } from './collect.js';
import {
  evaluateAll,
  evaluationMetrics,
  type Evaluation,
  type EvaluationReport,
  type SampleAnswer,
} from '../evaluation/evaluate.js';
import { StepFailure } from '../diagnostics/failure.js';
import { requireSynchronised } from '../diagnostics/guards.js';
import { examineHealth } from '../diagnostics/health.js';
import { ProblemLoader } from './loader.js';
import { costMetrics, learningMetrics, responseMetrics } from '../metrics/metrics.js';
import { pickSamples } from '../evaluation/pick-samples.js';
import { recordFailure, type FailureParts } from '../diagnostics/record-failure.js';
import { evaluationRecords, trainingRecords } from './rollout-records.js';
import { beginBase, beginCheckpoint, saveBaseEvaluation, saveFinal } from './save.js';
import { closeSession, openSession, type Session, type TrainingRun } from './session.js';
import { Timer } from './timer.js';
import { Trainer, type IterationReport } from './trainer.js';

export type { SampleAnswer } from '../evaluation/evaluate.js';
export type { TrainingRun } from './session.js';

export interface RunSummary {
  readonly iterations: number;
  /** Held-out results by name of the set. */
  readonly before: Readonly<Record<string, EvaluationReport>>;
  readonly after: Readonly<Record<string, EvaluationReport>>;
  readonly samplesBefore: readonly SampleAnswer[];
  readonly samplesAfter: readonly SampleAnswer[];
  readonly seconds: number;
  readonly location: string;
}

/** The whole run: base model, evaluation, iterations, evaluation; its state is saved on the way, at the end and when interrupted. */
export async function runTraining(run: TrainingRun): Promise<RunSummary> {
  const session = await openSession(run);
  let summary: RunSummary;
  try {
    summary = await train(session);
  } catch (error) {
    const news = error instanceof StepFailure ? await recordFailure(failureParts(session), error) : error;
    // What stopped the run is the news; a checkpoint that also fails is told beside it.
    await closeSession(session).catch((failure: unknown) => {
      run.events.log('warn', `while stopping: ${failure instanceof Error ? failure.message : String(failure)}`);
    });
    throw news;
  }
  await closeSession(session);
  return summary;
}

const failureParts = ({ platform, engine, base, container }: Session): FailureParts => ({
  storage: platform.storage,
  engine,
  description: base,
  losses: container.resolve(Trainer).losses,
});

async function train(session: Session): Promise<RunSummary> {
  const { progress, config, platform } = session;
  progress.before ??= await evaluateBase(session);
  if (progress.after === undefined || progress.iteration < config.iterations)
    await saveFinal(session, await iterate(session));
  const { before, after } = progress as Required<typeof progress>;
  const summary: RunSummary = {
    iterations: progress.iteration,
    before: before.reports,
    after: after.reports,
    samplesBefore: before.samples,
    samplesAfter: after.samples,
    seconds: session.seconds(),
    location: platform.storage.location,
  };
  await platform.storage.write('summary.json', `${JSON.stringify(summary, null, 2)}\n`);
  return summary;
}

/** The base model is written while it is evaluated. */
async function evaluateBase(session: Session): Promise<Evaluation> {
  const { config, events, signal, resume, writer, progress } = session;
  if (!resume) await beginBase(session);
  const before = (progress.before = await evaluateNow(session, config.evaluation.problems, signal));
  for (const [name, report] of Object.entries(before.reports))
    events.log('info', `before training: reward ${report.reward.toFixed(3)} on ${name}`);
  await writer.settle();
  await saveBaseEvaluation(session);
  return before;
}

/** What all iterations share. */
interface Machinery {
  readonly trainer: Trainer;
  readonly loader: ProblemLoader;
  readonly canary: Canary | undefined;
}

/**
 * Algorithm of the paper: collect under the present policy, learn from it once, hand the new weights to the sampler.
 * Returns the evaluation after the last iteration.
 */
async function iterate(session: Session): Promise<Evaluation> {
  const { config, container, engine, problems, random, platform, events, progress } = session;
  const machinery: Machinery = {
    trainer: container.resolve(Trainer),
    loader: new ProblemLoader(problems.train, random.stream('problem order')),
    canary: config.guards.canary ? await Canary.create(engine) : undefined,
  };
  const phase = events.phase('iterations', config.iterations, 'iterations');
  let held: Evaluation | undefined;
  let timer = new Timer(() => platform.now());
  while (progress.iteration < config.iterations) {
    await endIfAsked(session);
    const learned = await improve(session, machinery, timer);
    const last = progress.iteration === config.iterations;
    const due = last || (config.evaluation.every > 0 && progress.iteration % config.evaluation.every === 0);
    held = due
      ? await timer.measure('evaluation', () =>
          evaluateNow(session, last ? config.evaluation.problems : config.evaluation.periodicProblems, never),
        )
      : undefined;
    const metrics = iterationMetrics(session, learned, held, timer);
    // Writing is part of the time of the next iteration: this one's is among what is written.
    timer = new Timer(() => platform.now());
    const wish = await timer.measure('record', () => record(session, metrics, learned));
    if (!last && wish.stop === undefined && (wish.checkpoint || progress.iteration % config.checkpoint.every === 0))
      await timer.measure('checkpoint', () => beginCheckpoint(session, held));
    phase.progress(progress.iteration);
    if (wish.stop !== undefined && !last) {
      held = undefined;
      break;
    }
  }
  phase.end();
  return held ?? evaluateNow(session, config.evaluation.problems, never);
}

interface Learned {
  readonly collected: Collected;
  readonly report: IterationReport;
}

/** One iteration up to the new weights in the sampler. */
async function improve(session: Session, { trainer, loader, canary }: Machinery, timer: Timer): Promise<Learned> {
  const { config, engine, sampler, progress, writer } = session;
  const iteration = progress.iteration + 1;
  const chosen = loader.take(progress.iteration * config.rolloutBatchSize, config.rolloutBatchSize);
  const collected = await timer.measure('sample', () => collectTraining(session, chosen, iteration));
  const beforeUpdate = async (): Promise<void> => {
    if (writer.pending) await timer.measure('checkpoint', () => writer.settle());
  };
  const report = await trainer.learn(engine, collected, {
    iteration,
    steps: progress.steps,
    timer,
    signal: never,
    beforeUpdate,
  });
  requireSynchronised(await timer.measure('sync', () => sampler.sync(engine.policy)), sampler, engine.policy.version);
  await canary?.check(engine, report, config.temperature, config.samplesPerPrompt);
  progress.iteration = iteration;
  return { collected, report };
}

function iterationMetrics(
  { config, engine, platform, progress, incidents }: Session,
  { collected, report }: Learned,
  held: Evaluation | undefined,
  timer: Timer,
): Metrics {
  return {
    iteration: progress.iteration,
    ...responseMetrics(collected.rollouts, collected.results),
    ...learningMetrics(report, config.samplesPerPrompt),
    weightVersion: engine.policy.version,
    ...(held && evaluationMetrics(held)),
    rewardPool: { ...incidents() },
    ...costMetrics(timer.seconds, collected.rollouts, platform.memory()),
  };
}

/** A step that has begun is finished before a run stops, so learning itself is never cut. */
const never = new AbortController().signal;

async function collectTraining(
  session: Session,
  problems: Parameters<typeof collect>[1]['problems'],
  iteration: number,
): Promise<Collected> {
  const { config, collector, events } = session;
  const phase = events.phase('sampling and grading', problems.length * config.samplesPerPrompt, 'responses');
  const collected = await collect(collector, {
    problems,
    samples: config.samplesPerPrompt,
    key: iteration,
    iteration,
    onProgress: (done) => phase.progress(done),
    sampling: {
      temperature: config.temperature,
      topP: config.topP,
      topK: config.topK,
      maxResponseTokens: config.maxResponseTokens,
    },
  });
  phase.end();
  return collected;
}

/** Tries held-out problems with the weights as they are. */
function evaluateNow(session: Session, limit: number, signal: AbortSignal): Promise<Evaluation> {
  const {
    collector,
    config,
    events,
    problems,
    progress: { iteration },
  } = session;
  const share = (set: string, collected: Collected) =>
    shareRollouts(session, { iteration, set, records: evaluationRecords(collected, config.evaluation.samples) });
  return evaluateAll({ collector, config, events, share }, problems.evaluation, limit, signal);
}

/** Hands the metrics of an iteration, with what they warn of, and its responses to all who listen; returns what the hooks ask for. */
async function record(session: Session, numbers: Metrics, { collected, report }: Learned): Promise<IterationDirective> {
  requireFiniteMetrics(numbers);
  const { state, raised, active } = examineHealth(session.progress.health, numbers);
  const metrics: Metrics = { ...numbers, warnings: active };
  for (const sink of session.container.metrics) await sink.record(metrics);
  session.onMetrics?.(metrics);
  for (const { rule, message, advice } of raised) session.events.log('warn', `${rule}: ${message}. ${advice}`);
  session.progress.health = state;
  const { iteration } = session.progress;
  await shareRollouts(session, { iteration, records: trainingRecords(report.batch) });
  session.onSamples?.(iteration, pickSamples(collected.rollouts, collected.results, shownSamples));
  return endOfIteration(session, { iteration, iterations: session.config.iterations, metrics });
}

/** Asks the hooks of all sinks; the first reason to stop counts. */
async function endOfIteration({ container, events }: Session, end: IterationEnd): Promise<IterationDirective> {
  let wish: IterationDirective = {};
  for (const sink of container.metrics) {
    const { stop, checkpoint } = (await sink.iterationEnd?.(end)) ?? {};
    if (stop !== undefined) events.log('info', `${sink.name} ends the run after iteration ${end.iteration}: ${stop}`);
    wish = {
      ...wish,
      ...(stop !== undefined && wish.stop === undefined && { stop }),
      ...(checkpoint === true && { checkpoint }),
    };
  }
  return wish;
}

const shownSamples = 3;

function requireFiniteMetrics(metrics: Metrics): void {
  for (const [name, value] of Object.entries(metrics)) {
    const bad = (typeof value === 'object' && value !== null ? Object.values(value) : [value]).find(
      (x) => typeof x === 'number' && !Number.isFinite(x),
    );
    if (bad !== undefined)
      throw new OrzError('ORZ_NOT_FINITE', `the metric ${name} is ${String(bad)}`, {
        value: String(bad),
        origin: `iteration ${JSON.stringify(metrics['iteration'])}`,
        remedy: 'look at the rollouts of this iteration; the last checkpoint is good',
      });
  }
}

/** Hands responses to the sinks that want them. */
async function shareRollouts({ container, base }: Session, batch: Omit<RolloutBatch, 'tokenizer'>): Promise<void> {
  for (const sink of container.metrics) await sink.rollouts?.({ ...batch, tokenizer: base.tokenizer });
}

/** Between two iterations: saves and ends the run if somebody asked for it. */
async function endIfAsked(session: Session): Promise<void> {
  const {
    signal,
    progress: { iteration, saved },
    writer,
    platform: { storage },
  } = session;
  if (!signal.aborted) return;
  if (saved !== iteration) await beginCheckpoint(session, undefined);
  await writer.settle();
  throw new OrzError('ORZ_INTERRUPTED', `stopped after iteration ${iteration}; everything is saved`, {
    ...(isOrzError(signal.reason) && { value: signal.reason.details.value }),
    origin: storage.location,
    remedy: `Continue with: orz-train --resume ${JSON.stringify(storage.location)}`,
  });
}
